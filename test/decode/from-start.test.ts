import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { SegmentFlag } from "../../src/model/segment.ts";
import { answer, get, playbook, post } from "../playbook/playbook.ts";

const { atBoundary, fromStart, lostBefore, skippedBefore } = SegmentFlag;

suite("a connection told from its first request on", () => {
  test("in sync without a SYN", () => {
    playbook()
      .client(get("/a"), { flags: fromStart | atBoundary })
      .server(answer(200))
      .client(get("/b"))
      .server(answer(404))
      .expect("request GET /a", "response 200 GET /a", "request GET /b", "response 404 GET /b")
      .counts({ decoded: 2 });
  });

  test("the first requests were left out", () => {
    playbook()
      .leaveOut(get("/0") + post("/1", "xyz"), answer(200) + answer(200))
      .client(post("/a", "xyz").slice(0, -2), { flags: fromStart | atBoundary })
      .client("yz")
      .server(answer(201))
      .expect('request POST /a "xyz"', "response 201 POST /a")
      .counts({ decoded: 1 });
  });

  test("out of order", () => {
    const whole = post("/a", "0123456789");
    playbook()
      .client(whole.slice(30), { ahead: 30, flags: fromStart, skippedBytes: 30 })
      .expect()
      .client(whole.slice(0, 10))
      .client(whole.slice(10, 30))
      .skipTo(whole.length - 30)
      .expect('request POST /a "0123456789"')
      .server(answer(200))
      .client(get("/b"))
      .expect("response 200 POST /a", "request GET /b")
      .counts({ decoded: 2 });
  });

  test("a copy of the first record changes nothing", () => {
    const whole = get("/a");
    playbook()
      .client(whole.slice(9), { ahead: 9, flags: fromStart, skippedBytes: 9 })
      .client(whole.slice(0, 9), { flags: fromStart | atBoundary })
      .skipTo(whole.length - 9)
      .client(whole, { ahead: -whole.length, flags: fromStart | atBoundary })
      .expect("request GET /a")
      .client(get("/b"))
      .expect("request GET /b")
      .counts({ decoded: 2 });
  });

  test("a tuple that is used again", () => {
    const play = playbook()
      .client(get("/a"), { flags: fromStart | atBoundary })
      .server(answer(200))
      .client(get("/cut").slice(0, 9))
      .again(77777)
      .client(get("/b"), { flags: fromStart | atBoundary })
      .server(answer(200));
    play
      .expect(
        "request GET /a",
        "response 200 GET /a",
        "closed",
        "request GET /b",
        "response 200 GET /b",
      )
      .counts({ decoded: 2, "malformed.incomplete": 1 });
    assert.equal(play.decode.connections, 1);
  });

  test("when its first bytes were lost it is joined, whatever was known before", () => {
    for (const flag of [lostBefore, skippedBefore])
      playbook()
        .client(get("/a"), { flags: fromStart | atBoundary })
        .server(answer(200))
        .again(77777)
        .client(get("/b"), { flags: fromStart | flag, skippedBytes: 9, lostStarts: 1 })
        .server(answer(200))
        .expect("request GET /a", "response 200 GET /a", "closed")
        .client(get("/c"))
        .expect()
        .server(answer(200))
        .expect("request GET /c", "response 200 GET /c")
        .counts({ decoded: 2 });
  });

  test("on the server's side it says nothing", () => {
    const play = playbook()
      .server("", { fin: true, flags: fromStart | atBoundary })
      .expect();
    assert.equal(play.decode.connections, 0);
  });
});
