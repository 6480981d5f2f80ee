import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LiveConnection } from "../../src/model/connection.ts";
import type { RequestView } from "../../src/model/request.ts";
import { createSelection, type RuleBook } from "../../src/select/selection.ts";
import { get, liveConnection, requestView } from "./request.ts";
import { exactPath, rule, ruleSet } from "./rules.ts";

const all = liveConnection();
const never = () => assert.fail("there is nothing to draw");

function ruleBook(random32: () => number = never): RuleBook {
  return createSelection({ nowNs: () => 0, random32 });
}

/** Names of the rules that want the request. */
function offered(book: RuleBook, request: RequestView, connection: LiveConnection = all): string[] {
  const names: string[] = [];
  book.decide(connection, request, (rule) => {
    book.offered(rule);
    names.push(rule.name);
  });
  return names;
}

describe("selection", () => {
  test("the first rule that matches takes the request, whatever becomes of it", () => {
    const book = ruleBook();
    book.use(
      ruleSet([
        rule("a", { match: exactPath("/a"), methods: ["POST"] }),
        rule("b", { match: exactPath("/a") }),
        rule("c", { match: exactPath("/c"), targets: [3, 1] }),
      ]),
    );
    assert.deepEqual(offered(book, get("/a")), []);
    assert.deepEqual(offered(book, get("/c")), ["c"]);
    assert.deepEqual(offered(book, get("/d")), []);
    assert.deepEqual(book.ledger, { decoded: 3, not_matched: 1, also_matched: 0 });
    assert.equal(book.ledgers.get("a")?.held_back.method, 1);
    assert.equal(book.ledgers.get("a")?.matched, 1);
    assert.equal(book.ledgers.get("b")?.matched, 0);
    assert.equal(book.ledgers.get("c")?.offered, 1);
    assert.equal(book.ledgers.get("c")?.copies, 2);
  });

  test("matching all, every rule that matches takes it, in order", () => {
    const book = ruleBook();
    const names = ["z", "y", "x"];
    book.use(
      ruleSet(
        [...names.map((name) => rule(name)), rule("w", { match: exactPath("/w") })],
        1,
        "all",
      ),
    );
    assert.deepEqual(offered(book, get("/a")), names);
    assert.deepEqual(offered(book, get("/w")), [...names, "w"]);
    assert.deepEqual(book.ledger, { decoded: 2, not_matched: 0, also_matched: 5 });
  });

  test("only rules in the connection's mask are looked at, each bit for its rule", () => {
    const book = ruleBook();
    book.use(
      ruleSet(
        Array.from({ length: 64 }, (_, i) => rule(`r${i}`)),
        1,
        "all",
      ),
    );
    for (let i = 0; i < 64; i++) {
      const [rulesLow, rulesHigh] = i < 32 ? [2 ** i, 0] : [0, 2 ** (i - 32)];
      const connection = liveConnection({ rulesLow, rulesHigh });
      assert.deepEqual(offered(book, get("/"), connection), [`r${i}`]);
    }
    const some = liveConnection({ rulesLow: 0x80000001, rulesHigh: 0x80000002 });
    assert.deepEqual(offered(book, get("/"), some), ["r0", "r31", "r33", "r63"]);
    assert.equal(offered(book, get("/")).length, 64);
    assert.deepEqual(offered(book, get("/"), liveConnection({ rulesLow: 0, rulesHigh: 0 })), []);
    assert.equal(book.ledger.not_matched, 1);
  });

  test("bits beyond the rules mean nothing", () => {
    const book = ruleBook();
    assert.deepEqual(offered(book, get("/")), []);
    book.use(ruleSet([]));
    assert.deepEqual(offered(book, get("/")), []);
    assert.deepEqual(book.ledger, { decoded: 2, not_matched: 2, also_matched: 0 });
    assert.equal(book.ledgers.size, 0);
  });

  test("the connection's generation picks the rules; one that is not known has none", () => {
    const book = ruleBook();
    for (let i = 1; i <= 9; i++) book.use(ruleSet([rule(`g${i}`)], i));
    const by = (generation: number) => offered(book, get("/"), liveConnection({ generation }));
    assert.deepEqual(by(2), ["g2"]);
    assert.deepEqual(by(9), ["g9"]);
    assert.deepEqual(by(1), []);
    assert.deepEqual(by(10), []);
    assert.equal(book.ledgers.size, 9);
  });

  test("rules that cannot be compiled change nothing", () => {
    const book = ruleBook();
    book.use(ruleSet([rule("old")]));
    const bad = rule("bad", { match: { kind: "path", test: { kind: "regex", value: "(" } } });
    assert.throws(() => book.use(ruleSet([rule("old", { count: 0 }), rule("new"), bad], 2)));
    assert.deepEqual(offered(book, get("/")), ["old"]);
    assert.deepEqual([...book.ledgers.keys()], ["old"]);
  });

  test("the kernel's number is the request's; otherwise one is drawn, once, and only if needed", () => {
    let drawn = 0;
    const book = ruleBook(() => {
      drawn++;
      return 2 ** 31;
    });
    const shares = [0.4, 0.6, 1];
    book.use(
      ruleSet(
        shares.map((share) => rule(`${share}`, { share })),
        1,
        "all",
      ),
    );
    assert.deepEqual(offered(book, requestView("GET / HTTP/1.1\r\n\r\n", { sample: 0 })), [
      "0.4",
      "0.6",
      "1",
    ]);
    assert.deepEqual(offered(book, requestView("GET / HTTP/1.1\r\n\r\n", { sample: 0xffffffff })), [
      "1",
    ]);
    assert.equal(drawn, 0);
    assert.deepEqual(offered(book, get("/")), ["0.6", "1"]);
    assert.equal(drawn, 1);
    offered(book, get("/"));
    assert.equal(drawn, 2);
    assert.equal(book.ledgers.get("0.4")?.sampled_out, 3);
  });

  test("a share is set in both generations, and the next one brings its own", () => {
    const book = ruleBook(() => 2 ** 31);
    book.use(ruleSet([rule("a"), rule("b")], 1));
    book.use(ruleSet([rule("b"), rule("a")], 2));
    book.setShare("a", 0);
    const isOffered = (generation: number, rulesLow: number) =>
      offered(book, get("/"), liveConnection({ generation, rulesLow })).length === 1;
    assert.deepEqual([isOffered(1, 1), isOffered(1, 2)], [false, true]);
    assert.deepEqual([isOffered(2, 1), isOffered(2, 2)], [true, false]);
    book.setShare("unknown", 0);
    book.use(ruleSet([rule("a")], 3));
    assert.deepEqual([isOffered(3, 1), isOffered(2, 2)], [true, false]);
  });

  test("methods are compared exactly", () => {
    const book = ruleBook();
    book.use(ruleSet([rule("a", { methods: ["GET", "HEAD"] })]));
    assert.deepEqual(offered(book, get("/")), ["a"]);
    for (const method of ["get", "POST", "DELETE", "BREW"])
      assert.deepEqual(offered(book, requestView(`${method} / HTTP/1.1\r\n\r\n`)), []);
    assert.equal(book.ledgers.get("a")?.held_back.method, 4);
  });

  test("what is held back for its method is not drawn for and spends nothing", () => {
    const book = ruleBook();
    book.use(ruleSet([rule("a", { methods: ["POST"], share: 0.5, count: 0 })]));
    offered(book, get("/"));
    assert.equal(book.ledgers.get("a")?.held_back.method, 1);
    assert.equal(book.ledgers.get("a")?.over_budget.count, 0);
  });
});
