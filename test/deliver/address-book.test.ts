import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAddressBook } from "../../src/deliver/address-book.ts";
import { createHarness, GET, okServer, plainTarget } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

/** A book over a name whose addresses the test sets, with a clock of its own. */
function book(host: string, state: { found: readonly string[] | Error; nowNs: number }) {
  const asked: string[] = [];
  const asks: string[] = [];
  const refused = new Set<string>();
  const addresses = createAddressBook(
    host,
    async (name) => {
      asked.push(name);
      if (state.found instanceof Error) throw state.found;
      return state.found;
    },
    async (found) => {
      asks.push(found.join());
      return found.filter((address) => !refused.has(address));
    },
    () => state.nowNs,
  );
  const order = () =>
    new Promise<{ addresses: readonly string[]; failure: string }>((resolve) =>
      addresses.order((list, failure) => resolve({ addresses: list, failure })),
    );
  return { addresses, asked, asks, refused, order };
}

describe("an address book", () => {
  test("asks for a name once, and again after 30 s", async () => {
    const state = { found: ["10.0.0.1"] as readonly string[], nowNs: 1 };
    const { asked, asks, order } = book("shadow.test", state);
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
    // Every time, though nothing is new: what may be sent to can change.
    assert.deepEqual(asks, ["10.0.0.1", "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2"]);
  });

  test("never asks for an address, but whether it may be connected to", async () => {
    const state = { found: [] as string[], nowNs: 1 };
    const { asked, asks, order } = book("::1", state);
    assert.deepEqual((await order()).addresses, ["::1"]);
    state.nowNs = 1e15;
    await order();
    assert.deepEqual([asked, asks], [[], ["::1"]]);
  });

  test("gives only addresses that are admitted", async () => {
    const state = { found: ["10.0.0.1", "192.0.2.1"], nowNs: 1 };
    const { addresses, refused, order } = book("shadow.test", state);
    refused.add("192.0.2.1");
    assert.deepEqual((await order()).addresses, ["10.0.0.1"]);
    assert.equal(addresses.isRefused(), false);
  });

  for (const host of ["shadow.test", "192.0.2.1"])
    test(`gives none when all are refused, and asks again after 30 s: ${host}`, async () => {
      const state = { found: ["10.0.0.1"] as readonly string[], nowNs: 1 };
      const { addresses, asks, refused, order } = book(host, state);
      if (host === "shadow.test") await order();
      state.found = ["192.0.2.1"];
      state.nowNs = 31e9;
      refused.add("192.0.2.1");
      assert.deepEqual((await order()).addresses, []);
      assert.equal(addresses.isRefused(), true);
      const before = asks.length;
      assert.deepEqual((await order()).addresses, []);
      assert.equal(asks.length, before);
      refused.clear();
      state.nowNs = 62e9;
      assert.equal(addresses.isRefused(), false);
      assert.deepEqual((await order()).addresses, ["192.0.2.1"]);
    });

  test("that was refused and is gone has no address", async () => {
    const state: { found: readonly string[] | Error; nowNs: number } = {
      found: ["192.0.2.1"],
      nowNs: 1,
    };
    const { addresses, refused, order } = book("shadow.test", state);
    refused.add("192.0.2.1");
    await order();
    state.found = new Error("ENOTFOUND");
    state.nowNs = 31e9;
    assert.deepEqual(await order(), { addresses: [], failure: "ENOTFOUND" });
    assert.equal(addresses.isRefused(), false);
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

  test("does not wait for a server that is silent when it knows addresses", async () => {
    const state: { found: Promise<readonly string[]> | readonly string[]; nowNs: number } = {
      found: ["10.0.0.1"],
      nowNs: 1,
    };
    const addresses = createAddressBook(
      "shadow.test",
      async () => state.found,
      async (found) => found,
      () => state.nowNs,
    );
    const order = () =>
      new Promise<readonly string[]>((resolve) => addresses.order((list) => resolve(list)));
    await order();
    state.nowNs = 31e9;
    const late = Promise.withResolvers<readonly string[]>();
    state.found = late.promise;
    assert.deepEqual(await order(), ["10.0.0.1"]);
    late.resolve(["10.0.0.2"]);
    assert.deepEqual(await order(), ["10.0.0.2"]);
  });

  test("asks again when an address fails, but not at every failure", async () => {
    const state = { found: ["10.0.0.1"] as readonly string[], nowNs: 1 };
    const { addresses, asked, order } = book("shadow.test", state);
    await order();
    state.nowNs = 1e9;
    addresses.failed("10.0.0.1");
    await order();
    assert.equal(asked.length, 1);
    state.nowNs = 3e9;
    state.found = ["10.0.0.2"];
    assert.deepEqual((await order()).addresses, ["10.0.0.2"]);
    addresses.failed("10.0.0.2");
    await order();
    assert.equal(asked.length, 2);
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
            register = () => resolve(addresses);
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

  test("that moves where copies may not go is not connected to there, and is no fault of the target", async (t) => {
    const server = await okServer(t);
    let found = ["127.0.0.1"];
    let nowNs = 1e9;
    const connected: string[] = [];
    const harness = createHarness(
      t,
      [plainTarget(server.port, { host: "shadow.test" })],
      {},
      {
        nowNs: () => nowNs,
        lookup: async () => found,
        onResolve: async (_index, addresses) => addresses.filter((one) => one === "127.0.0.1"),
        onConnect: (_address, _port, remote) => connected.push(remote),
        onClose: () => {},
      },
    );
    const live = liveConnection();
    const first = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(first), "delivered 200");
    // The connection that is open may go on; the name is looked up for the next one.
    found = ["127.0.0.2"];
    nowNs += 31e9;
    const late = Array.from({ length: 20 }, () => harness.offer(GET, liveConnection()));
    await harness.settle();
    for (const one of late) assert.equal(harness.fate(one), "unsent address_refused");
    assert.equal(harness.deliverer.ledgers[0]?.failed.unsent.address_refused, 20);
    const at = harness.offer();
    assert.equal(harness.fate(at), "unsent address_refused", "known at once");
    assert.deepEqual(harness.states, [], "the breaker has nothing to do with it");
    found = ["127.0.0.1"];
    nowNs += 31e9;
    const back = harness.offer(GET, liveConnection());
    await harness.settle();
    assert.equal(harness.fate(back), "delivered 200");
    assert.deepEqual([...new Set(connected)], ["127.0.0.1"]);
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
