import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, get, latin1, playbook, post } from "../playbook/playbook.ts";

const { atBoundary, lostBefore, skippedBefore } = SegmentFlag;

suite("order", () => {
  test("retransmission, overlap and disorder", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .syn()
      .client(whole.slice(0, 20))
      .client(whole.slice(0, 20), { ahead: -20 })
      .client(whole.slice(40), { ahead: 20 })
      .client(whole.slice(30, 50), { ahead: 10 })
      .client(whole.slice(10, 35), { ahead: -10 })
      .skipTo(whole.length - 20)
      .expect('request POST /a "0123456789"')
      .server(answer(200))
      .client(get("/b"))
      .expect("response 200 POST /a", "request GET /b")
      .counts({ decoded: 2 });
  });

  test("bytes that wait and come again with other content are in doubt: lost.gap", () => {
    const whole = post("/a", "0123456789");
    const play = playbook()
      .syn()
      .client("23456789", { ahead: whole.length - 8 })
      .client("234567XX", { ahead: whole.length - 8 })
      // A third copy decides nothing.
      .client("23456789", { ahead: whole.length - 8 })
      .client(whole.slice(0, -8))
      .expect();
    play.skipTo(8).server(answer(200));
    for (const path of ["/b", "/c", "/d"]) play.client(get(path)).server(answer(200));
    play.counts({ decoded: 3, "lost.gap": 1 });
  });

  test("what fills the hole may contradict what waits behind it", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .syn()
      .client("23456789", { ahead: whole.length - 8 })
      .client(`${whole.slice(0, -8)}XXXXXXXX`)
      .expect()
      .server(answer(200))
      .counts({ "lost.gap": 1 });
  });

  test("what waits and comes again in other pieces, the same: no doubt", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .syn()
      .client("456789", { ahead: whole.length - 6 })
      .client("01234567", { ahead: whole.length - 10 })
      .client(whole)
      .expect('request POST /a "0123456789"');
  });

  test("a server's first number half the space away from the SYN's empty acknowledgement", () => {
    playbook({ firstServerSeq: 3_104_854_307 })
      .syn()
      .synAck()
      .client(get("/a"))
      .server(answer(200))
      .client(get("/b"))
      .server(answer(404))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 404 GET /b");
  });

  test("sequence numbers wrap", () => {
    playbook({ firstSeq: 2 ** 32 - 30 })
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .client(get("/b").slice(10), { ahead: 10 })
      .client(get("/b").slice(0, 10), { ahead: 0 })
      .skipTo(get("/b").length)
      .client(get("/c"))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "request GET /c");
  });

  test("strays are ignored", () => {
    playbook()
      .syn()
      .client("stray", { ahead: 17 * 2 ** 20 })
      .client("old", { ahead: -1000 })
      .client(get("/a"))
      .expect("request GET /a")
      .counts({ decoded: 1 });
  });

  test("what waits is copied", () => {
    const whole = get("/abcdef");
    const play = playbook().syn().client(whole.slice(8), { ahead: 8 });
    play.client(whole.slice(0, 8)).expect("request GET /abcdef");
  });
});

suite("holes", () => {
  test("the server has read past it", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(100)
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a")
      .counts({ decoded: 1, "lost.gap": 1, estimated: 1 })
      .client(get("/b"))
      .server(answer(200))
      .expect("request GET /b", "response 200 GET /b")
      .counts({ decoded: 2, "lost.gap": 1, estimated: 1 });
  });

  test("in the middle of a request, which is counted once and then found again", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .syn()
      .client(whole.slice(0, 30))
      .lose(10)
      .client(whole.slice(40))
      .server(answer(200))
      .expect()
      .client(get("/b"))
      .server(answer(201))
      .expect("request GET /b", "response 201 GET /b")
      .counts({ decoded: 1, "lost.gap": 1 });
  });

  for (const [flag, count] of [
    [lostBefore, "lost.ring_full"],
    [skippedBefore, "shed"],
  ] as const)
    test(`announced, in the middle of a request: ${count}`, () => {
      const whole = post("/a", "0123456789");
      playbook()
        .syn()
        .client(whole.slice(0, 30))
        .lose(10, flag)
        .client(whole.slice(40))
        .counts({ [count]: 1 })
        .server(answer(200))
        .client(get("/b"))
        .server(answer(200))
        .expect("request GET /b", "response 200 GET /b")
        .counts({ decoded: 1, [count]: 1 });
    });

  test("announced, between requests: the capture has counted them", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(100, lostBefore, 1)
      .server(answer(200))
      .client(get("/b"))
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 200 GET /b")
      .counts({ decoded: 2 });
  });

  test("two lost requests and one lost answer, announced by the next request", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(100)
      .server("its answer is lost, too")
      .lose(100, lostBefore, 2)
      .server(answer(200))
      .client(get("/c"))
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a", "request GET /c", "response 200 GET /c")
      .counts({ decoded: 2 });
  });

  test("shed, and re-admitted: its answers were not captured, but the kernel saw them", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(1000)
      .server("not captured")
      .client(get("/b"), { flags: skippedBefore | atBoundary, skippedBytes: 1000 })
      .server(answer(200))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 200 GET /b")
      .counts({ decoded: 2 });
  });

  test("shed to the end: the server's FIN tells it by the bytes alone", () => {
    const play = playbook().syn().client(get("/a")).server(answer(200)).lose(1000);
    play.segment.skippedBytes = 1000;
    play.server("", { fin: true }).counts({ decoded: 1 });
  });

  test("older than a second", () => {
    const whole = get("/a");
    playbook()
      .syn()
      .client(whole.slice(5), { ahead: 5 })
      .sweep(0.5)
      .counts({})
      .sweep(1)
      .counts({ "lost.gap": 1, estimated: 1 });
  });

  test("more waits than may", () => {
    const play = playbook().syn().client("POST");
    for (let i = 0; i < 300; i++) play.client("x", { ahead: 10 + 2 * i });
    play.counts({ "lost.gap": 1 });
    const large = playbook().syn().client("POST");
    for (let i = 0; i < 40; i++) large.client("x".repeat(32768), { ahead: 10 + 32769 * i });
    large.counts({ "lost.gap": 1 });
  });

  test("a streamed request is cut", () => {
    const whole = post("/a", "z".repeat(1000));
    playbook({ holdBytes: 10 })
      .syn()
      .client(whole.slice(0, 500))
      .lose(100)
      .client(whole.slice(600))
      .server(answer(200))
      .expect("stream POST /a", `cut gap ${500 - (whole.length - 1000)}`)
      .client(get("/b"))
      .server(answer(200))
      .expect("request GET /b", "response 200 GET /b")
      .counts({ decoded: 2 });
  });
});

suite("generations", () => {
  test("a retransmitted SYN changes nothing, another one begins a connection", () => {
    playbook()
      .syn()
      .syn()
      .client(get("/a").slice(0, 9))
      .again(77777)
      .syn()
      .client(get("/b"))
      .expect("closed", "request GET /b")
      .counts({ decoded: 1, "malformed.incomplete": 1 });
  });

  test("a stray SYN costs what it must: the connection is joined again", () => {
    playbook()
      .syn()
      .again(2 ** 30)
      .syn()
      .again(1000)
      .client(get("/a"))
      .server(answer(200))
      .expect("closed", "closed")
      .client(get("/b"))
      .server(answer(200))
      .expect("request GET /b", "response 200 GET /b")
      .counts({ decoded: 1, "lost.joined_mid_stream": 1 });
  });

  test("a SYN-ACK stands in for a SYN that was not seen", () => {
    playbook().synAck().client(get("/a")).expect("request GET /a");
    playbook().syn().synAck().client(get("/a")).expect("request GET /a");
  });

  test("the server closes an idle connection", () => {
    const play = playbook().syn().client(get("/a")).server(answer(200), { fin: true });
    play.expect("request GET /a", "response 200 GET /a", "closed");
    assert.equal(play.decode.connections, 0);
  });

  test("a client that half-closes still gets its status", () => {
    playbook()
      .syn()
      .client(get("/a"), { fin: true })
      .server(answer(200))
      .server("", { fin: true })
      .expect("request GET /a", "response 200 GET /a", "closed");
  });

  test("a FIN that was not captured", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(1)
      .server("", { fin: true })
      .expect("request GET /a", "response 200 GET /a", "closed")
      .counts({ decoded: 1 });
  });

  test("FIN and RST of unknown connections make none", () => {
    const play = playbook().client("", { fin: true }).reset().server("", { fin: true });
    play.expect();
    assert.equal(play.decode.connections, 0);
  });

  test("idle connections are forgotten", () => {
    const play = playbook().syn().client(get("/a")).sweep(599).expect("request GET /a");
    play.sweep(2).expect("closed");
    assert.equal(play.decode.connections, 0);
  });

  test("the table is bounded: the longest idle connection makes room", () => {
    const play = playbook({ maxConnections: 2 }).syn().client(get("/a").slice(0, 5));
    play.segment.flowKey = 8;
    play.again(1).syn();
    // The same key with another tuple is another connection.
    play.segment.words[9] = 1;
    play.again(1).syn().expect("closed").counts({ "lost.gap": 1 });
    assert.equal(play.decode.connections, 2);
  });
});

test("connections with equal keys and bytes that arrive in turns do not mix", () => {
  const play = playbook().syn();
  const whole = [1, 2, 3].map((n) => post(`/${n}`, `body ${n}`));
  const { segment, decode } = play;
  for (let at = 0; at < (whole[0] ?? "").length; at++)
    for (const [index, text] of whole.entries()) {
      segment.words[9] = index;
      if (at === 0)
        decode.push(
          Object.assign(segment, { toServer: true, seq: 0, start: 0, end: 0, tcpFlags: 2 }),
        );
      const bytes = latin1(text[at] ?? "");
      decode.push(Object.assign(segment, { bytes, seq: at, start: 0, end: 1, tcpFlags: 16 }));
    }
  play.expect('request POST /1 "body 1"', 'request POST /2 "body 2"', 'request POST /3 "body 3"');
});
