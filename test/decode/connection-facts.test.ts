import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { hashAddress } from "../../src/model/sample.ts";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";

const { fromStart } = SegmentFlag;

suite("what records say of the connection", () => {
  test("the newest record's rules hold when a request is handed on", () => {
    const play = playbook()
      .client(get("/a").slice(0, 9), { flags: fromStart, rules: [1, 2, 3] })
      .client(get("/a").slice(9), { rules: [2, 0xffffffff, 4] })
      .expect("request GET /a");
    const connection = play.connection();
    assert.equal(connection?.generation, 2);
    assert.equal(connection?.rulesLow, 0xffffffff);
    assert.equal(connection?.rulesHigh, 4);
    play.server(answer(200), { rules: [3, 1, 0] });
    assert.equal(connection?.generation, 3);
  });

  test("shares by connection and by client are drawn as the kernel draws them", () => {
    const play = playbook();
    play.segment.flowKey = 5 * 2 ** 32 + 0xfffffffe;
    const connection = play.client(get("/a"), { flags: fromStart }).connection();
    assert.equal(connection?.sample, 0xfffffffe);
    const client = new Uint32Array(4);
    new Uint8Array(client.buffer).set([0xff, 0xff, 10, 0, 0, 1], 10);
    assert.equal(connection?.clientSample(), hashAddress(client, 0));
    assert.equal(connection?.clientSample(), hashAddress(client, 0));
  });
});

suite("the number drawn for a request", () => {
  test("reaches that request only", () => {
    playbook()
      .client(get("/a") + get("/b"), { flags: fromStart, sample: 7 })
      .client(get("/c"))
      .client(get("/d"), { sample: 0 })
      .expect(
        ...["request GET /a sample 7", "request GET /b", "request GET /c"],
        ...["request GET /d sample 0"],
      );
  });

  test("over several segments, held or streamed", () => {
    for (const holdBytes of [1000, 10]) {
      const whole = post("/a", "z".repeat(100));
      const isHeld = holdBytes > whole.length;
      playbook({ holdBytes })
        .client(whole.slice(0, -60), { flags: fromStart, sample: 0xffffffff })
        .client(whole.slice(-60, -30), { sample: 5 })
        .client(whole.slice(-30) + get("/b"), { sample: 6 })
        .client(get("/c"), { sample: 8 })
        .expect(
          ...(isHeld
            ? ["request POST /a 100 bytes sample 4294967295"]
            : ["stream POST /a sample 4294967295", "end 100"]),
          ...["request GET /b", "request GET /c sample 8"],
        );
    }
    playbook({ holdBytes: 10 })
      .client(chunked("/a", "5\r\nhello"), { flags: fromStart, sample: 3 })
      .client("\r\n5\r\nworld\r\n0\r\n\r\n")
      .client(get("/b"))
      .expect("stream POST /a sample 3", "end 25", "request GET /b");
  });

  test("a head that begins with an empty line, and one in pieces", () => {
    playbook()
      .client(`\r\n${get("/a")}`, { flags: fromStart, sample: 3 })
      .client(get("/b").slice(0, 9), { sample: 4 })
      .client(get("/b").slice(9))
      .expect("request GET /a sample 3", "request GET /b sample 4");
  });

  test("through the queue, unless its front is gone", () => {
    const [a, b, c] = [get("/a"), get("/b"), get("/c")];
    playbook()
      .syn()
      .client(b, { ahead: a.length, sample: 2 })
      .client(c, { ahead: a.length + b.length, sample: 3 })
      .client(a, { ahead: 0, sample: 1 })
      .skipTo(a.length + b.length + c.length)
      .expect("request GET /a sample 1", "request GET /b sample 2", "request GET /c sample 3");
    playbook()
      .syn()
      .client(b.slice(0, 3), { ahead: a.length })
      .client(b, { ahead: a.length, sample: 2 })
      .client(a)
      .skipTo(b.length)
      .client(c.slice(0, 5))
      .client(c + get("/d"), { ahead: -5, sample: 3 })
      .expect("request GET /a", "request GET /b", "request GET /c", "request GET /d");
  });

  test("not what follows a request that is there already", () => {
    const [a, b, c] = [get("/a"), get("/b"), get("/c")];
    playbook()
      .syn()
      .client(b, { ahead: a.length })
      .client(b + c, { ahead: a.length, sample: 2 })
      .client(a)
      .skipTo(b.length + c.length)
      .client(c + get("/d"), { ahead: -c.length, sample: 3 })
      .expect("request GET /a", "request GET /b", "request GET /c", "request GET /d");
  });

  test("through the confirmation of a boundary", () => {
    playbook()
      .server(answer(200))
      .client(post("/a", "xyz").slice(0, -1), { sample: 9 })
      .client("z")
      .server(answer(200))
      .expect('request POST /a "xyz" sample 9', "response 200 POST /a");
  });
});
