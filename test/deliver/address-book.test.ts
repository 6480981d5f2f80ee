import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAddressBook } from "../../src/deliver/address-book.ts";
import { createHarness, GET, okServer, plainTarget } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

/** A book over a name whose addresses the test sets, with a clock of its own. */
function book(host: string, state: { found: readonly string[] | Error; nowNs: number }) {
  const asked: string[] = [];
  const registered: string[] = [];
  const addresses = createAddressBook(
    host,
    async (name) => {
      asked.push(name);
      if (state.found instanceof Error) throw state.found;
      return state.found;
    },
    async (found) => void registered.push(found.join()),
    () => state.nowNs,
  );
  const order = () =>
    new Promise<{ addresses: readonly string[]; failure: string }>((resolve) =>
      addresses.order((list, failure) => resolve({ addresses: list, failure })),
    );
  return { addresses, asked, registered, order };
}

describe("an address book", () => {
  test("asks for a name once, and again after 30 s", async () => {
    const state = { found: ["10.0.0.1"] as readonly string[], nowNs: 1 };
    const { asked, registered, order } = book("shadow.test", state);
    const both = await Promise.all([order(), order()]);
    assert.deepEqual(both[0]?.addresses, ["10.0.0.1"]);
    await order();
    assert.equal(asked.length, 1);
    state.found = ["10.0.0.1", "10.0.0.2"];
    state.nowNs = 31e9;
    assert.equal((await order()).addresses.length, 2);
    state.nowNs = 62e9;
    await order();
    assert.equal(asked.length, 3);
    assert.deepEqual(registered, ["10.0.0.1", "10.0.0.1,10.0.0.2"]);
  });

  test("never asks for an address, but registers it", async () => {
    const state = { found: [] as string[], nowNs: 1 };
    const { asked, registered, order } = book("::1", state);
    assert.deepEqual((await order()).addresses, ["::1"]);
    state.nowNs = 1e15;
    await order();
    assert.deepEqual([asked, registered], [[], ["::1"]]);
  });

  test("goes on with what it knows when the name is gone", async () => {
    const state: { found: readonly string[] | Error; nowNs: number } = {
      found: ["10.0.0.1"],
      nowNs: 1,
    };
    const { order } = book("shadow.test", state);
    await order();
    state.found = new Error("ENOTFOUND");
    state.nowNs = 31e9;
    assert.deepEqual((await order()).addresses, ["10.0.0.1"]);
  });

  test("says why there is none, and asks again", async () => {
    const state: { found: readonly string[] | Error; nowNs: number } = {
      found: new Error("ENOTFOUND"),
      nowNs: 1,
    };
    const { order } = book("shadow.test", state);
    assert.deepEqual(await order(), { addresses: [], failure: "ENOTFOUND" });
    state.found = [];
    assert.deepEqual(await order(), { addresses: [], failure: "no address" });
    state.found = ["10.0.0.1"];
    assert.deepEqual((await order()).addresses, ["10.0.0.1"]);
  });

  test("takes turns, and what failed comes last for a while", async () => {
    const state = { found: ["a", "b", "c"], nowNs: 1 };
    const { addresses, order } = book("shadow.test", state);
    const first = new Set<string>();
    for (let i = 0; i < 3; i++) first.add((await order()).addresses[0] ?? "");
    assert.deepEqual([...first].sort(), ["a", "b", "c"]);
    addresses.failed("b");
    for (let i = 0; i < 3; i++) assert.equal((await order()).addresses.at(-1), "b");
    state.nowNs = 31e9;
    const again = new Set<string>();
    for (let i = 0; i < 3; i++) again.add((await order()).addresses[0] ?? "");
    assert.ok(again.has("b"));
  });
});

describe("a named target", () => {
  test("is connected to once its addresses are registered", async (t) => {
    const server = await okServer(t);
    const events: string[] = [];
    let register = () => {};
    const harness = createHarness(
      t,
      [plainTarget(server.port, { host: "shadow.test" })],
      {},
      {
        lookup: async () => ["127.0.0.1"],
        onResolve: (target, addresses) => {
          events.push(`resolved ${target} ${addresses}`);
          return new Promise((resolve) => {
            register = resolve;
          });
        },
        onConnect: (_address, _port, remote) => events.push(`connect ${remote}`),
        onClose: () => {},
      },
    );
    const offered = harness.offer();
    await harness.pumpUntil(() => events.length > 0);
    await harness.sockets.wait(20);
    harness.deliverer.pump();
    assert.deepEqual(events, ["resolved 0 127.0.0.1"]);
    register();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.deepEqual(events, ["resolved 0 127.0.0.1", "connect 127.0.0.1"]);
  });

  test("with a dead address is reached by the other", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(
      t,
      [plainTarget(server.port, { host: "shadow.test" })],
      {},
      { lookup: async () => ["::1", "127.0.0.1", "127.0.0.3"] },
    );
    const lives = Array.from({ length: 6 }, liveConnection);
    const offered = lives.map((live) => harness.offer(GET, live));
    await harness.settle();
    for (const one of offered) assert.equal(harness.fate(one), "delivered 200");
    assert.deepEqual(harness.states, []);
  });

  test("that does not resolve is a failed connection", async (t) => {
    const harness = createHarness(
      t,
      [plainTarget(1, { host: "nowhere.test" })],
      {},
      { lookup: async () => Promise.reject(new Error("ENOTFOUND")) },
    );
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered), "unsent connect_failed");
  });
});
