import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";

const { atBoundary, fromStart, ownerPending, lostBefore } = SegmentFlag;
const flags = ownerPending;
const needsOwner = () => true;
const first = { flags: fromStart | atBoundary | ownerPending };

suite("requests of a connection whose owner is not certain", () => {
  test("are handed on at once while no rule names users", () => {
    const play = playbook().client(get("/a"), first).expect("request GET /a");
    assert.equal(play.connection()?.isOwnerPending, true);
    play.server(answer(200)).expect("response 200 GET /a");
    assert.equal(play.connection()?.isOwnerPending, false);
  });

  test("are handed on with the first answer, by what it says of the connection", () => {
    const play = playbook({ needsOwner })
      .client(post("/a", "xyz").slice(0, -1), { ...first, sample: 4, rules: [1, 3, 0] })
      .client("z", { flags, sample: 5 })
      .expect()
      .server(answer(201), { rules: [1, 1, 0] })
      .expect('request POST /a "xyz" sample 4', "response 201 POST /a");
    assert.equal(play.connection()?.rulesLow, 1);
    play
      .client(get("/b"))
      .server(answer(404))
      .expect("request GET /b", "response 404 GET /b")
      .counts({ decoded: 2 });
  });

  test("whatever other connections do meanwhile", () => {
    const whole = get("/a");
    const play = playbook({ needsOwner, firstSeq: 1000 }).client(whole, { ...first, sample: 1 });
    play.segment.words[3] = 5;
    play.again(50).client(get("/other"), { flags: fromStart | atBoundary, sample: 9 });
    play.segment.words[3] = 0;
    play
      .again(1000 + whole.length)
      .server(answer(200))
      .expect("request GET /other sample 9", "request GET /a sample 1", "response 200 GET /a");
  });

  test("an interim answer makes it certain, too", () => {
    playbook({ needsOwner })
      .client(get("/a"), first)
      .server("HTTP/1.1 103 Early Hints\r\n\r\n")
      .expect("request GET /a")
      .server(answer(200))
      .expect("response 200 GET /a");
  });

  test("are handed on when a later record of the client says that it is certain", () => {
    playbook({ needsOwner })
      .client(get("/a"), first)
      .client(get("/b").slice(0, 5), { flags })
      .expect()
      .client(get("/b").slice(5))
      .expect("request GET /a", "request GET /b")
      .server(answer(200))
      .server(answer(200))
      .counts({ decoded: 2 });
    playbook({ needsOwner })
      .client(get("/a"), first)
      .client("", { fin: true })
      .expect("request GET /a")
      .server(answer(200))
      .expect("response 200 GET /a");
    playbook({ needsOwner })
      .client(get("/a"), first)
      .leaveOut(get("/x"))
      .client("", { fin: true })
      .expect("request GET /a")
      .counts({ decoded: 1 });
  });

  test("and when rules no longer ask for it", () => {
    let isNeeded = true;
    const play = playbook({ needsOwner: () => isNeeded })
      .client(get("/a"), first)
      .expect();
    isNeeded = false;
    play.client(get("/b"), { flags }).expect("request GET /a", "request GET /b");
  });

  test("those that are pipelined keep their numbers, and what was left out between them", () => {
    playbook({ needsOwner })
      .client(get("/a"), { ...first, sample: 1 })
      .client(get("/b"), { flags, sample: 2 })
      .client(post("/c", "xyz").slice(0, -2), { flags, sample: 3 })
      .client("yz", { flags })
      .leaveOut(get("/x"))
      .client(get("/d") + get("/e"), { flags, sample: 4 })
      .expect()
      .server(answer(201))
      .expect(
        ...["request GET /a sample 1", "response 201 GET /a", "request GET /b sample 2"],
        ...['request POST /c "xyz" sample 3', "request GET /d sample 4", "request GET /e"],
      )
      .server(answer(202))
      .expect()
      .counts({ decoded: 5 });
  });

  test("a hole after one, with what the capture counted in it", () => {
    playbook({ needsOwner })
      .client(get("/a"), first)
      .client(post("/b", "xyz").slice(0, -3), { flags })
      .lose(3, lostBefore)
      .lose(50, lostBefore, 1)
      .client(get("/c"), { flags })
      .server(answer(201))
      .expect("request GET /a", "response 201 GET /a")
      .server(answer(200))
      .server(answer(200))
      .server(answer(200))
      .client(get("/d"))
      .server(answer(200))
      .expect("request GET /d", "response 200 GET /d")
      .counts({ decoded: 2, "lost.ring_full": 1, "lost.joined_mid_stream": 1 });
  });

  test("an upgrade goes by its answer alone", () => {
    const upgrade = get("/ws", "Connection: Upgrade", "Upgrade: x");
    const switching = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    playbook({ needsOwner })
      .client(upgrade, first)
      .client("frame")
      .expect()
      .server(switching)
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ "skipped.upgraded": 1 });
    playbook({ needsOwner })
      .client(get("/a") + upgrade, first)
      .client("frame", { flags })
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a")
      .server(switching)
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ decoded: 1, "skipped.upgraded": 1 });
    playbook({ needsOwner })
      .client(get("/a") + upgrade, first)
      .reset()
      .expect("closed")
      .counts({ "lost.owner_unknown": 1, "skipped.upgraded": 1 });
  });

  test("a mirror's own request is one whoever owns the connection", () => {
    playbook({ needsOwner })
      .client(get("/a", "X-Shadow-Request: 1"), first)
      .counts({ "skipped.already_shadow": 1 })
      .client(get("/b"), { flags })
      .server(answer(200))
      .expect("request GET /b")
      .server(answer(201))
      .expect("response 201 GET /b");
  });

  test("on a joined connection the answer that confirms one makes its owner certain", () => {
    playbook({ needsOwner })
      .server(answer(200))
      .client(get("/a"), { flags, sample: 3 })
      .server(answer(201))
      .expect("request GET /a sample 3", "response 201 GET /a")
      .counts({ decoded: 1, "lost.joined_mid_stream": 1 });
  });
});

suite("requests whose connection's owner is not known in time", () => {
  test("the connection ends, or is given up", () => {
    const play = () =>
      playbook({ needsOwner })
        .client(get("/a"), first)
        .client(get("/b") + get("/c").slice(0, 9), { flags });
    play().reset().expect("closed").counts({ "lost.owner_unknown": 2, "malformed.incomplete": 1 });
    play()
      .server("", { fin: true })
      .client("", { fin: true, flags })
      .expect("closed")
      .counts({ "lost.owner_unknown": 2, "malformed.incomplete": 1 });
    play().sweep(601).expect("closed").counts({ "lost.owner_unknown": 2, "lost.gap": 1 });
    play().end().expect("closed").counts({ "lost.left_mid_stream": 3 });
  });

  test("too much follows: the connection stays in sync", () => {
    const body = "z".repeat(30000);
    const play = playbook({ needsOwner }).client(get("/a"), first);
    for (let i = 0; i < 3; i++)
      play
        .client(post(`/${i}`, body).slice(0, 9000), { flags })
        .client(post(`/${i}`, body).slice(9000), { flags });
    // The last is kept anew; the answers to those before it do not decide about it, but one makes its owner certain.
    play
      .expect()
      .counts({ "lost.owner_unknown": 3 })
      .client(get("/b"), { flags, sample: 6 })
      .expect()
      .server(answer(200))
      .expect("request POST /2 30000 bytes", "request GET /b sample 6");
    for (let i = 0; i < 4; i++) play.server(answer(200));
    play
      .expect()
      .client(get("/c"))
      .server(answer(202))
      .expect("request GET /c", "response 202 GET /c")
      .counts({ decoded: 3, "lost.owner_unknown": 3 });
  });

  test("too many pieces follow, or holes", () => {
    const play = playbook({ needsOwner }).client(get("/a"), first);
    const whole = post("/b", "z".repeat(1020));
    for (const byte of whole) play.client(byte, { flags });
    play
      .expect()
      .counts({ "lost.owner_unknown": 1 })
      .server(answer(200))
      .expect("request POST /b 1020 bytes");
    const holes = playbook({ needsOwner }).client(get("/a"), first);
    for (let i = 0; i < 1500; i++) holes.leaveOut(get("/x")).client("", { flags });
    holes.client(get("/b"), { flags }).expect().counts({ "lost.owner_unknown": 1 });
    holes.server(answer(200)).expect("request GET /b");
  });

  test("no memory for it: the others are read", () => {
    playbook({ needsOwner, maxHeldBytes: 100 })
      .client(get("/a") + get("/b"), first)
      .counts({ "lost.owner_unknown": 2 })
      .server(answer(200))
      .server(answer(200))
      .client(get("/c"))
      .server(answer(202))
      .expect("request GET /c", "response 202 GET /c")
      .counts({ decoded: 1, "lost.owner_unknown": 2 });
  });

  test("too large to hold: its body is skipped", () => {
    for (const whole of [
      post("/a", "z".repeat(100)),
      chunked("/a", `64\r\n${"z".repeat(100)}\r\n0\r\n\r\n`),
    ])
      playbook({ needsOwner, holdBytes: 10 })
        .client(whole.slice(0, -60), first)
        .server("HTTP/1.1 100 Continue\r\n\r\n")
        .client(whole.slice(-60))
        .server(answer(200))
        .client(get("/b"))
        .server(answer(404))
        .expect("request GET /b", "response 404 GET /b")
        .counts({ decoded: 1, "lost.owner_unknown": 1 });
  });

  test("too large to hold behind one that waits: by then the owner is known", () => {
    playbook({ needsOwner, holdBytes: 10 })
      .client(get("/a") + post("/b", "z".repeat(100)).slice(0, -60), first)
      .client("z".repeat(20), { flags })
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a", "stream POST /b")
      .client("z".repeat(40))
      .expect("end 100")
      .counts({ decoded: 2 });
  });
});
