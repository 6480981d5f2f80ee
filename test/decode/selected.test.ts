import { suite, test } from "node:test";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";

const { atBoundary, fromStart, lostBefore, skippedBefore, selectedBefore } = SegmentFlag;

/** Stands for so much text that only its length can be had. */
const bytesOf = (length: number) => ({ length });

suite("requests left out between others", () => {
  test("the connection stays in sync, and statuses are right", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(201))
      .leaveOut(get("/x"), answer(500))
      .client(get("/b"))
      .server(answer(202))
      .leaveOut(get("/x") + get("/x"), answer(500) + answer(500))
      .client(get("/c"))
      .server(answer(203))
      .expect(
        ...["request GET /a", "response 201 GET /a", "request GET /b", "response 202 GET /b"],
        ...["request GET /c", "response 203 GET /c"],
      )
      .counts({ decoded: 3 });
  });

  test("more bytes than sequence numbers tell apart, both ways", () => {
    for (const bytes of [17 * 2 ** 20, 2 ** 31 + 5, 2 ** 32 - 100])
      for (const answered of [100, 2 ** 31 + 5, 2 ** 32 - 50]) {
        const play = playbook()
          .client(get("/a"), { flags: fromStart | atBoundary })
          .server(answer(200));
        play
          .leaveOut(bytesOf(bytes), bytesOf(answered))
          .client(get("/b"))
          .server(answer(203))
          .client(get("/c"))
          .server(answer(204))
          .expect(
            ...["request GET /a", "response 200 GET /a", "request GET /b", "response 203 GET /b"],
            ...["request GET /c", "response 204 GET /c"],
          )
          .counts({ decoded: 3 });
      }
  });

  test("a copy of the record that tells of them is ignored", () => {
    const whole = get("/b");
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .leaveOut(get("/x"), answer(200))
      .client(whole)
      .client(whole, { ahead: -whole.length, flags: selectedBefore })
      .server(answer(404))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 404 GET /b")
      .counts({ decoded: 2 });
  });

  test("the one that follows comes out of order", () => {
    const whole = post("/b", "0123456789");
    for (const bytes of [100, 17 * 2 ** 20, 2 ** 31 + 5, 2 ** 32 - 5])
      for (const answered of [0, 100, 2 ** 31 + 5])
        playbook()
          .syn()
          .client(get("/a"))
          .server(answer(200))
          .leaveOut(bytesOf(bytes), bytesOf(answered))
          .client(whole.slice(20), { ahead: 20, skippedBytes: 20 })
          .client(whole.slice(0, 20))
          .skipTo(whole.length - 20)
          .server(answer(404))
          // Whether it was pipelined is not known: no status.
          .expect("request GET /a", "response 200 GET /a", 'request POST /b "0123456789"')
          .counts({ decoded: 2 });
  });

  test("whatever its number, RST ends the connection", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .leaveOut(get("/x"), answer(200))
      .client("", { ahead: 1e9, skippedBytes: 1e9 })
      .reset()
      .expect("request GET /a", "response 200 GET /a", "closed")
      .counts({ decoded: 1 });
  });

  test("the one that follows has bodies before and after it in segments of its own", () => {
    const whole = chunked("/b", "5\r\nhello\r\n0\r\n\r\n");
    playbook()
      .syn()
      .client(post("/a", "xyz").slice(0, -1))
      .client("z")
      .server(answer(200))
      .leaveOut(post("/x", "xyz"), answer(500))
      .client(whole.slice(0, 30))
      .client(whole.slice(30))
      .server(answer(201))
      .expect(
        ...['request POST /a "xyz"', "response 200 POST /a"],
        ...['request POST /b "5\\r\\nhello\\r\\n0\\r\\n\\r\\n"', "response 201 POST /b"],
      );
  });

  test("a hole in the middle of a message is one that breaks it", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .syn()
      .client(whole.slice(0, -5))
      .leaveOut("56789")
      .client(get("/not-sure"))
      .expect()
      .server(answer(200))
      .server(answer(200))
      .client(get("/b"))
      .server(answer(201))
      .expect("request GET /b", "response 201 GET /b")
      .counts({ decoded: 1, "lost.gap": 1, "lost.joined_mid_stream": 1 });
  });

  test("and cuts one that is streamed", () => {
    const whole = post("/a", "z".repeat(100));
    playbook({ holdBytes: 10 })
      .syn()
      .client(whole.slice(0, -60))
      .leaveOut("z".repeat(60))
      .client(get("/not-sure"))
      .expect("stream POST /a", "cut gap 40")
      .counts({ decoded: 1 });
  });

  for (const [flag, name] of [
    [lostBefore, "lost"],
    [skippedBefore, "skipped"],
  ] as const)
    test(`others were ${name} as well: the connection is found again`, () => {
      playbook()
        .syn()
        .client(get("/a"))
        .server(answer(200))
        .leaveOut(get("/x"), answer(500))
        .lose(100, flag, 1)
        .client(get("/b"))
        .server(answer(200))
        .expect("request GET /a", "response 200 GET /a")
        .server(answer(200))
        .client(get("/c"))
        .server(answer(200))
        .expect("request GET /c", "response 200 GET /c")
        .counts({ decoded: 2, "lost.joined_mid_stream": 1 });
    });

  test("something never seen before what waits is a hole all the same", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .client(get("/b"), { ahead: 50 })
      .skipTo(50 + get("/b").length)
      .leaveOut(get("/x"))
      .client(get("/c"))
      .expect("request GET /a")
      .counts({ decoded: 1, "lost.gap": 1, estimated: 1 });
  });

  test("a server's record says nothing of the client's bytes", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .lose(100)
      .server(answer(200), { flags: selectedBefore })
      .counts({ decoded: 1, "lost.gap": 1, estimated: 1 });
  });

  test("on a connection that was joined nothing is counted, and it is found as any other", () => {
    playbook()
      .client(get("/a"), { flags: selectedBefore })
      .leaveOut(get("/x"), answer(500))
      .client(get("/b"))
      .expect()
      .server(answer(201))
      .expect("request GET /b", "response 201 GET /b")
      .leaveOut(get("/x"), answer(500))
      .client(get("/c"))
      .server(answer(202))
      .expect("request GET /c", "response 202 GET /c")
      .counts({ decoded: 2 });
    // What waits for its confirmation does not get the answer to another.
    playbook()
      .server(answer(200))
      .client(get("/a"))
      .leaveOut(get("/x"))
      .client(get("/b"))
      .server(answer(200))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
  });

  test("a CR before a request that was left out is no request", () => {
    playbook()
      .syn()
      .client("\r")
      .leaveOut(`\n${get("/x")}`, answer(200))
      .client(get("/a"))
      .expect("request GET /a")
      .counts({ decoded: 1 });
  });
});

suite("the end of a connection behind requests that were left out", () => {
  test("the client's FIN", () => {
    const play = playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .leaveOut(get("/x"), answer(200))
      .client("", { fin: true })
      .server("", { fin: true });
    play.expect("request GET /a", "response 200 GET /a", "closed").counts({ decoded: 1 });
  });

  test("the client's FIN while the answer is due", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .leaveOut(get("/x"))
      .client("", { fin: true })
      .server(answer(201))
      .server("", { fin: true })
      .expect("request GET /a", "response 201 GET /a", "closed")
      .counts({ decoded: 1 });
  });

  test("RST of either side, and the server's FIN", () => {
    for (const fromClient of [true, false])
      playbook()
        .syn()
        .client(get("/a"))
        .server(answer(200))
        .leaveOut(get("/x"), answer(200))
        .reset(fromClient)
        .expect("request GET /a", "response 200 GET /a", "closed")
        .counts({ decoded: 1 });
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .leaveOut(get("/x"), answer(200))
      .server("", { fin: true })
      .expect("request GET /a", "response 200 GET /a", "closed")
      .counts({ decoded: 1 });
  });

  test("RST in the middle of a message that the kernel was wrong about", () => {
    playbook()
      .syn()
      .client(post("/a", "xyz").slice(0, -1))
      .leaveOut("z")
      .reset()
      .expect("closed")
      .counts({ "lost.gap": 1 });
  });
});
