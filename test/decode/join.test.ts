import { suite, test } from "node:test";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";

suite("joining an open connection", () => {
  test("the first exchange shows the boundary, the second confirms it", () => {
    playbook()
      .client(get("/a"))
      .server(answer(200))
      .client(get("/b"))
      .expect()
      .server(answer(201))
      .expect("request GET /b", "response 201 GET /b")
      .client(get("/c"))
      .expect("request GET /c")
      .counts({ decoded: 2, "lost.joined_mid_stream": 1 });
  });

  test("joined between a request and its answer", () => {
    playbook()
      .server(answer(200))
      .client(post("/b", "xyz").slice(0, 9))
      .client(post("/b", "xyz").slice(9))
      .server(answer(201))
      .expect('request POST /b "xyz"', "response 201 POST /b")
      .counts({ decoded: 1, "lost.joined_mid_stream": 1 });
  });

  test("a request with 100-continue", () => {
    const whole = post("/b", "xyz", "Expect: 100-continue");
    playbook()
      .server(answer(200))
      .client(whole.slice(0, -3))
      .server("HTTP/1.1 100 Continue\r\n\r\n")
      .client("xyz")
      .server(answer(201))
      .expect('request POST /b "xyz"', "response 201 POST /b");
  });

  test("an upgrade, accepted or not", () => {
    const upgrade = get("/ws", "Connection: Upgrade", "Upgrade: x");
    playbook()
      .server(answer(200))
      .client(upgrade)
      .server("HTTP/1.1 101 Switching Protocols\r\n\r\n")
      .client(get("/inside"))
      .expect("notice upgraded 10.0.0.2:80");
    playbook()
      .server(answer(200))
      .client(upgrade)
      .server(answer(200))
      .expect("request GET /ws", "response 200 GET /ws");
  });

  test("a mirror's own request", () => {
    playbook()
      .server(answer(200))
      .client(get("/a", "X-Shadow-Request: 1"))
      .server(answer(200))
      .client(get("/b"))
      .expect("request GET /b")
      .counts({ decoded: 1, "lost.joined_mid_stream": 1, "skipped.already_shadow": 1 });
  });

  test("TLS and HTTP/2 are told by the first bytes seen", () => {
    playbook()
      .client("\x16\x03\x01\x02\x00\x01\x00")
      .expect("notice tls 10.0.0.2:80")
      .counts({ "skipped.not_http": 1 });
    playbook()
      .client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
      .expect("notice http2_preface 10.0.0.2:80");
  });

  test("what is too large to keep is lost, and proves where the next begins all the same", () => {
    const kept = post("/b", "z".repeat(70_000));
    const large = post("/b", "z".repeat(2_000_000));
    const inChunks = chunked("/b", `${`ea60\r\n${"z".repeat(60_000)}\r\n`.repeat(30)}0\r\n\r\n`);
    for (const whole of [kept, large, inChunks])
      playbook()
        .server(answer(200))
        .client(whole.slice(0, 30_000))
        .client(whole.slice(30_000))
        .expect()
        .server(answer(200))
        .client(get("/c"))
        .expect("request GET /c")
        .server(answer(200))
        .expect("response 200 GET /c")
        .counts({ decoded: 1, "lost.joined_mid_stream": 2 });
  });

  test("a large body proves nothing when more follows it, the answer comes early, or a hole is in it", () => {
    const large = post("/b", "z".repeat(2_000_000));
    const half = large.length / 2;
    playbook()
      .server(answer(200))
      .client(large)
      .client("more")
      .server(answer(200))
      .client(get("/c"))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
    playbook()
      .server(answer(200))
      .client(large.slice(0, half))
      .server(answer(413))
      .client(large.slice(half))
      .client(get("/c"))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
    playbook()
      .server(answer(200))
      .client(large.slice(0, half))
      .client(large.slice(half), { flags: SegmentFlag.lostBefore, ahead: 7 })
      .server(answer(200))
      .client(get("/c"))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
  });

  test("a large request that may leave HTTP is not believed", () => {
    playbook()
      .server(answer(200))
      .client(post("/b", "z".repeat(70_000), "Connection: Upgrade", "Upgrade: x"))
      .server("HTTP/1.1 101 Switching Protocols\r\n\r\n")
      .client(get("/inside"))
      .expect();
    playbook()
      .server(answer(200))
      .client(post("/b", "z".repeat(65_500), "Connection: Upgrade", "Upgrade: x") + get("/behind"))
      .expect();
  });

  test("the capture ends, or the connection, before the confirmation", () => {
    playbook()
      .server(answer(200))
      .client(get("/b"))
      .end()
      .expect("closed")
      .counts({ "lost.joined_mid_stream": 1, "lost.left_mid_stream": 1 });
    playbook()
      .server(answer(200))
      .client(get("/b"))
      .reset()
      .expect("closed")
      .counts({ "lost.joined_mid_stream": 1 });
  });
});

suite("a body that looks like requests is never one", () => {
  const spoof = get("/admin");

  test("a segment of an upload, with no answer before it", () => {
    playbook().client("body body").client(spoof).client(spoof).server(answer(200)).expect();
  });

  test("a flagged segment whose answer acknowledges more or less than it", () => {
    const flags = SegmentFlag.atBoundary;
    const play = playbook().client("body").client(spoof, { flags });
    play.server(answer(200), { behind: 1 }).expect();
    playbook().client("body").client(spoof, { flags }).lose(1).server(answer(200)).expect();
  });

  test("an early answer, the rest of the body, and a request", () => {
    playbook()
      .client("the middle of a body")
      .server(answer(413))
      .client(spoof)
      .expect()
      .client(spoof)
      .expect()
      .client(get("/real"))
      .server(answer(200))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
  });

  test("an early answer, then the rest of the body and a request in one segment", () => {
    playbook()
      .client("the middle of a body")
      .server(answer(413))
      .client(spoof + get("/real"))
      .server(answer(200))
      .expect()
      .counts({ "lost.joined_mid_stream": 2 });
  });

  test("an early answer after the spoof", () => {
    playbook()
      .client("the middle of a body")
      .client(spoof)
      .server(answer(413))
      .client(spoof)
      .client("the end of the body")
      .expect()
      .client(get("/real"))
      .server(answer(200))
      .expect();
  });

  test("after 100-continue, with an early or a late answer", () => {
    playbook()
      .client(post("/a", spoof, "Expect: 100-continue").slice(0, -spoof.length))
      .server("HTTP/1.1 100 Continue\r\n\r\n")
      .client(spoof)
      .server(answer(413))
      .expect()
      .counts({ "lost.joined_mid_stream": 1 });
  });

  test("an answer's own body that looks like an answer", () => {
    playbook()
      .client("a request with a body that goes on")
      .server(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(100)}`)
      // The client has not read all of it when it sends more of its body.
      .client(spoof, { behind: 50 })
      .server("HTTP/1.1 200 OK, says the file\r\n")
      .expect();
  });

  test("after a refused message that the server took, with requests in flight", () => {
    // The server reads bare LF; the client pipelines a slow request and an upload in step with its answer.
    const upload = post("/upload", spoof);
    playbook()
      .syn()
      .client(`GET / HTTP/1.1\nHost: a\n\n${get("/slow")}${upload.slice(0, -spoof.length)}`)
      .server(answer(200))
      .server(answer(200))
      .client(spoof)
      .server(answer(200))
      .expect()
      // The spoof's own mark is never answered: no boundary of this connection is believed any more.
      .client(get("/real"))
      .server(answer(200))
      .expect()
      .counts({ "malformed.request_line": 1, "lost.joined_mid_stream": 3 });
  });

  test("after a refused message, a client that waits for its answers is found again", () => {
    playbook()
      .syn()
      .client("GET / HTTP/1.1\nHost: a\n\n")
      .server(answer(400))
      .client(get("/a"))
      .server(answer(200))
      .client(get("/b"))
      .expect("request GET /a", "response 200 GET /a", "request GET /b")
      .counts({ decoded: 2, "malformed.request_line": 1 });
  });

  test("the same with the mark of a request line cut in two", () => {
    const upload = post("/upload", spoof);
    const cut = upload.indexOf("HTTP/1.1") + 4;
    playbook()
      .syn()
      .client("BAD\r\n")
      .client(get("/slow"))
      .client(upload.slice(0, cut))
      .client(upload.slice(cut, -spoof.length))
      .server(answer(200))
      .server(answer(200))
      .client(spoof)
      .server(answer(200))
      .expect();
  });

  test("in a hole's wake, the rest of the body that was hit", () => {
    const whole = chunked("/a", `64\r\n${"x".repeat(100)}`);
    playbook()
      .syn()
      .client(whole.slice(0, 80))
      .lose(20)
      .client(whole.slice(100))
      .server("HTTP/1.1 100 Continue\r\n\r\n")
      .client(spoof)
      .server(answer(200))
      .expect()
      .client(get("/real"))
      .server(answer(200))
      .expect("request GET /real", "response 200 GET /real")
      .counts({ decoded: 1, "lost.gap": 1 });
  });
});
