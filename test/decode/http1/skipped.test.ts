import { suite, test } from "node:test";
import { answer, get, playbook, post } from "../../playbook/playbook.ts";

suite("what is not mirrored", () => {
  test("TLS", () => {
    playbook()
      .syn()
      .client("\x16\x03\x01\x02\x00\x01\x00\x01")
      .client("\x17\x03\x03more")
      .expect("notice tls 10.0.0.2:80")
      .counts({ "skipped.not_http": 1 });
  });

  test("HTTP/2 with prior knowledge, even in pieces", () => {
    playbook()
      .syn()
      .client("PRI * HT")
      .client("TP/2.0\r\n\r\nSM\r\n\r\n\0\0\0")
      .expect("notice http2_preface 10.0.0.2:80")
      .counts({ "skipped.not_http": 1 });
  });

  test("another protocol", () => {
    playbook().syn().client("\0\0\x01").client("xx").expect().counts({ "skipped.not_http": 1 });
  });

  test("a mirror's own request", () => {
    playbook()
      .syn()
      .client(get("/a", "x-shadow-request: 1"))
      .server(answer(200))
      .client(get("/b"))
      .server(answer(200))
      .expect("request GET /b", "response 200 GET /b")
      .counts({ decoded: 1, "skipped.already_shadow": 1 });
  });

  const upgrade = get("/ws", "Connection: keep-alive, Upgrade", "Upgrade: websocket");

  test("an upgraded connection", () => {
    playbook()
      .syn()
      .client(upgrade)
      .expect()
      .server("HTTP/1.1 101 Switching Protocols\r\n\r\n")
      .expect("notice upgraded 10.0.0.2:80")
      .client(get("/inside"))
      .server(answer(200))
      .expect()
      .counts({ "skipped.upgraded": 1 });
  });

  test("an upgrade that was declined is a request, and so is what followed it", () => {
    playbook()
      .syn()
      .client(upgrade + get("/b").slice(0, 5))
      .client(get("/b").slice(5))
      .expect()
      .server(answer(200))
      .expect("request GET /ws", "response 200 GET /ws", "request GET /b")
      .server(answer(404))
      .expect("response 404 GET /b")
      .counts({ decoded: 2 });
  });

  test("CONNECT that was accepted", () => {
    playbook()
      .syn()
      .client("CONNECT a:1 HTTP/1.1\r\n\r\n")
      .server(answer(200))
      .client("anything")
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ "skipped.upgraded": 1 });
  });

  test("what follows an upgrade that is declined is kept, as far as it fits", () => {
    const body = "z".repeat(9000);
    playbook()
      .syn()
      .client(upgrade)
      .client(post("/b", body).slice(0, 5000))
      .client(post("/b", body).slice(5000))
      .server("HTTP/1.1 103 Early Hints\r\n\r\n")
      .server(answer(200))
      .expect("request GET /ws", "response 200 GET /ws", "request POST /b 9000 bytes");
  });

  test("a hole after an upgrade that is declined", () => {
    playbook()
      .syn()
      .client(upgrade)
      .lose(100)
      .client("lost with it")
      .server(answer(200))
      .expect("request GET /ws", "response 200 GET /ws")
      .counts({ decoded: 1, "lost.gap": 1, estimated: 1 });
  });

  test("an upgrade or a mirror's request with a body too large to hold", () => {
    const body = "z".repeat(100);
    playbook({ holdBytes: 10 })
      .syn()
      .client(post("/a", body, "X-Shadow-Request: 1"))
      .client(post("/b", body, "Connection: upgrade", "Upgrade: x"))
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ "skipped.already_shadow": 1, "skipped.upgraded": 1 });
  });

  test("an upgrade for which there is no memory", () => {
    playbook({ maxHeldBytes: 100 })
      .syn()
      .client(upgrade)
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ "skipped.upgraded": 1 });
  });

  test("an upgrade waits for the answers before its own", () => {
    playbook()
      .syn()
      .client(get("/a") + upgrade)
      .server(answer(404))
      .expect("request GET /a", "response 404 GET /a")
      .server("HTTP/1.1 101 Switching Protocols\r\n\r\n")
      .expect("notice upgraded 10.0.0.2:80");
  });

  test("an upgrade without an answer, or with too much after it", () => {
    playbook().syn().client(upgrade).reset().expect("closed").counts({ "skipped.upgraded": 1 });
    playbook()
      .syn()
      .client(upgrade)
      .client("x".repeat(70000))
      .expect("notice upgraded 10.0.0.2:80")
      .counts({ "skipped.upgraded": 1 });
  });
});
