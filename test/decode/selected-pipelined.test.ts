import { suite, test } from "node:test";
import { answer, get, playbook, post } from "../playbook/playbook.ts";

suite("pipelined requests, some of them left out", () => {
  test("no status is told for the wrong one", () => {
    const play = playbook()
      .syn()
      .client(get("/a"))
      .client(get("/b"))
      .leaveOut(get("/x"))
      .client(get("/c"))
      .server(answer(201))
      .server(answer(202))
      .server(answer(203));
    play.expect("request GET /a", "request GET /b", "request GET /c").counts({ decoded: 3 });
  });

  test("nor when an answer to one that was left out is seen, or when one is missing", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .client(get("/b"))
      .leaveOut(get("/x"))
      .client(get("/c"))
      .server(answer(201))
      .server(answer(202))
      // The answer to /x; /c is still to be answered when /d comes.
      .server(answer(500))
      .client(get("/d"))
      .server(answer(203))
      .server(answer(204))
      .expect("request GET /a", "request GET /b", "request GET /c", "request GET /d")
      .counts({ decoded: 4 });
  });

  test("nor when the client goes on with each answer", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .client(get("/b"))
      .leaveOut(get("/x"))
      .server(answer(201))
      .client(get("/c"))
      .server(answer(202))
      // The answer to /x; /c is still to be answered when /d comes.
      .server(answer(500))
      .client(get("/d"))
      .server(answer(203))
      .server(answer(204))
      .expect("request GET /a", "request GET /b", "request GET /c", "request GET /d");
  });

  test("one that was left out behind one that waits", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .leaveOut(get("/x"))
      .client(post("/b", "xyz").slice(0, -1))
      .server(answer(201))
      .expect("request GET /a", "response 201 GET /a")
      .client("z")
      .server(answer(202))
      .expect('request POST /b "xyz"');
  });

  test("one that waits behind one that was left out, until that is no longer so", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(answer(200))
      .leaveOut(get("/x"))
      .client(get("/b"))
      // The answer to /x.
      .server(answer(500))
      .server(answer(201))
      .client(get("/c"))
      .server(answer(202))
      .leaveOut(get("/x"), answer(500))
      .client(get("/d"))
      .server(answer(203))
      .expect(
        ...["request GET /a", "response 200 GET /a", "request GET /b", "request GET /c"],
        ...["request GET /d", "response 203 GET /d"],
      )
      .counts({ decoded: 4 });
  });

  test("an answer that was missed is no pipelining", () => {
    playbook()
      .syn()
      .client(get("/a"))
      .server(`missed ${answer(201)}`)
      .leaveOut(get("/x"), answer(500))
      .client(get("/b"))
      .server(answer(202))
      .expect("request GET /a", "request GET /b", "response 202 GET /b");
  });
});
