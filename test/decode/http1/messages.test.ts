import { suite, test } from "node:test";
import { answer, chunked, get, playbook, post } from "../../playbook/playbook.ts";

suite("requests on a connection seen from its start", () => {
  test("one request and its answer", () => {
    playbook()
      .syn()
      .synAck()
      .client(get("/a"))
      .expect("request GET /a")
      .server(answer(200))
      .expect("response 200 GET /a")
      .client("", { fin: true })
      .server("", { fin: true })
      .expect("closed")
      .counts({ decoded: 1 });
  });

  test("keep-alive", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .client(post("/b", "x=1"))
      .server(answer(404))
      .expect(
        "request GET /a",
        "response 200 GET /a",
        'request POST /b "x=1"',
        "response 404 POST /b",
      )
      .counts({ decoded: 2 });
  });

  test("pipelined requests get no status, the next one alone does", () => {
    playbook()
      .syn()
      .client(get("/a") + get("/b"))
      .expect("request GET /a", "request GET /b")
      .server(answer(200))
      .server(answer(404))
      .expect()
      .client(get("/c"))
      .server(answer(500))
      .expect("request GET /c", "response 500 GET /c");
  });

  test("a request sent between the answers to two pipelined ones does not get the second's status", () => {
    playbook()
      .syn()
      .client(get("/a") + get("/b"))
      .server(answer(200))
      .client(get("/c"))
      .server(answer(404))
      .server(answer(500))
      .expect("request GET /a", "request GET /b", "request GET /c");
  });

  test("an answer that was not captured does not spoil the next one's", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server("not captured")
      .client(get("/b"))
      .server(answer(201))
      .expect("request GET /a", "request GET /b", "response 201 GET /b");
  });

  test("a retransmitted answer is not a second one", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .client(get("/b"))
      .server(answer(200), { ahead: -answer(200).length })
      .server(answer(500))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 500 GET /b");
  });

  test("a body in many segments", () => {
    const whole = post("/a", "0123456789");
    const play = playbook().syn();
    for (const byte of whole) play.client(byte);
    play.expect('request POST /a "0123456789"').counts({ decoded: 1 });
  });

  test("empty lines before a request line", () => {
    playbook()
      .syn()
      .client(`\r\n${get("/a")}\r`)
      .client(`\n\r\n${get("/b")}`)
      .expect("request GET /a", "request GET /b");
  });

  test("chunked with extensions and trailers is handed on as on the wire", () => {
    const body = '5;a=b;c="d;e\\""\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';
    playbook()
      .syn()
      .client(chunked("/a", body))
      .client(get("/b"))
      .expect(`request POST /a ${JSON.stringify(body)}`, "request GET /b");
  });

  test("all four forms of a target", () => {
    playbook()
      .syn()
      .client("OPTIONS * HTTP/1.1\r\n\r\n")
      .client("GET http://a.example:80/x?y HTTP/1.1\r\n\r\n")
      .client("BREW /pot HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      .client("CONNECT a:443 HTTP/1.1\r\n\r\n")
      .expect("request OPTIONS *", "request GET http://a.example:80/x?y", "request BREW /pot")
      .server(answer(200))
      .server(answer(200))
      .server(answer(200))
      .server(answer(403))
      .expect("request CONNECT a:443", "response 403 CONNECT a:443");
  });

  test("obs-fold belongs to the value", () => {
    playbook().syn().client(get("/a", "X: b\r\n c")).expect("request GET /a");
  });
});

suite("large bodies stream", () => {
  test("by Content-Length", () => {
    const body = "z".repeat(1000);
    const play = playbook({ holdBytes: 999 }).syn();
    play.client(post("/a", body).slice(0, 500)).client(post("/a", body).slice(500));
    play.expect("stream POST /a", "end 1000").server(answer(200)).expect("response 200 POST /a");
    play.client(get("/b")).expect("request GET /b").counts({ decoded: 2 });
  });

  test("chunked, once the body has grown past what is held", () => {
    const chunk = `100\r\n${"z".repeat(256)}\r\n`;
    const play = playbook({ holdBytes: 600 }).syn().client(chunked("/a", chunk));
    play.client(chunk).expect().client(chunk).expect("stream POST /a");
    play.client(`0\r\n\r\n${get("/b")}`).expect(`end ${3 * chunk.length + 5}`, "request GET /b");
  });

  test("a chunked body that is complete at once, and too large to hold", () => {
    const body = `400\r\n${"z".repeat(1024)}\r\n0\r\n\r\n`;
    playbook({ holdBytes: 600 })
      .syn()
      .client(chunked("/a", body) + get("/b"))
      .expect("stream POST /a", `end ${body.length}`, "request GET /b");
  });

  test("a fault in a streamed body cuts it, and counts nothing a second time", () => {
    const body = `400\r\n${"z".repeat(1024)}\r\n`;
    playbook({ holdBytes: 600 })
      .syn()
      .client(chunked("/a", body))
      .client("nonsense\r\n")
      .expect("stream POST /a", `cut malformed ${body.length}`)
      .server(answer(400))
      .counts({ decoded: 1 });
  });

  test("the client goes away", () => {
    playbook({ holdBytes: 10 })
      .syn()
      .client(post("/a", "z".repeat(1000)).slice(0, 500))
      .reset()
      .expect("stream POST /a", "cut client_closed 449", "closed")
      .counts({ decoded: 1 });
  });

  test("an early answer is the streamed request's own", () => {
    const whole = post("/a", "z".repeat(1000));
    playbook({ holdBytes: 10 })
      .syn()
      .client(whole.slice(0, 500))
      .server(answer(413))
      .expect("stream POST /a", "response 413 POST /a")
      .client(whole.slice(500))
      .client(get("/b"))
      .server(answer(200))
      .expect("end 1000", "request GET /b", "response 200 GET /b");
  });
});

test("an early answer to a request that is still held is told once it is handed on", () => {
  const spoof = get("/spoof");
  const whole = post("/a", `xx${spoof}`);
  playbook()
    .syn()
    .client(whole.slice(0, -spoof.length))
    .server(answer(413))
    .expect()
    .client(spoof)
    .expect(`request POST /a ${JSON.stringify(`xx${spoof}`)}`, "response 413 POST /a")
    .client(get("/b"))
    .server(answer(200))
    .expect("request GET /b", "response 200 GET /b")
    .counts({ decoded: 2 });
});

suite("interim answers", () => {
  test("100-continue is passed over", () => {
    playbook()
      .syn()
      .client(post("/a", "abc", "Expect: 100-continue").slice(0, -3))
      .server("HTTP/1.1 100 Continue\r\n\r\n")
      .client("abc")
      .expect('request POST /a "abc"')
      .server(answer(201))
      .expect("response 201 POST /a");
  });

  test("the final answer may be in the same segment", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer(204)}`)
      .expect("request GET /a", "response 204 GET /a");
  });
});

test("the capture ends", () => {
  playbook()
    .syn()
    .client(get("/a") + get("/b").slice(0, 9))
    .end()
    .expect("request GET /a", "closed")
    .counts({ decoded: 1, "lost.left_mid_stream": 1 });
  playbook({ holdBytes: 1 })
    .syn()
    .client(post("/a", "abcd").slice(0, -1))
    .end()
    .expect("stream POST /a", "cut detached 3", "closed")
    .counts({ decoded: 1 });
});

test("memory for what is held is limited", () => {
  const play = playbook({ maxHeldBytes: 4096 }).syn();
  play
    .client(post("/a", "z".repeat(9000)).slice(0, 5000))
    .expect()
    .counts({ shed: 1 });
  play.server(answer(200)).client(get("/b")).server(answer(200));
  play.expect("request GET /b", "response 200 GET /b").counts({ shed: 1, decoded: 1 });
});
