import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SampleBy } from "../../src/model/rule.ts";
import { hashAddress } from "../../src/model/sample.ts";
import { createRandom32 } from "../../src/select/random.ts";
import { createSampler } from "../../src/select/sampler.ts";
import { get, liveConnection } from "./request.ts";

const never = () => assert.fail("there is nothing to draw");
const nobody = liveConnection({ clientSample: never });
const root = get("/");

function assertLikely(count: number, draws: number, share: number) {
  const deviation = Math.sqrt(draws * share * (1 - share));
  assert.ok(
    Math.abs(count - draws * share) <= 4 * deviation,
    `${count} of ${draws} are not ${share} within four standard deviations of ${deviation}`,
  );
}

const SHARES = [0.5, 0.01, 0.001, 0.99];
const cohorts: readonly (readonly [SampleBy, (user: number) => ReturnType<typeof get>])[] = [
  [{ kind: "header", name: "X-User" }, (user) => get("/", `x-user: ${user}`)],
  [{ kind: "cookie", name: "id" }, (user) => get("/", `Cookie: a=b; id=u${user}`)],
  [{ kind: "query", name: "id" }, (user) => get(`/?a=1&id=%75+${user}`)],
];

describe("sampler", () => {
  for (const share of SHARES) {
    test(`by request, a share of ${share}`, () => {
      const random = createRandom32(Math.round(1 / share));
      const sampler = createSampler({ kind: "request" }, share);
      let count = 0;
      for (let i = 0; i < 1_000_000; i++) if (sampler.isIn(nobody, root, random)) count++;
      assertLikely(count, 1_000_000, share);
    });

    test(`by connection, a share of ${share}`, () => {
      const random = createRandom32(3);
      const sampler = createSampler({ kind: "connection" }, share);
      let count = 0;
      for (let i = 0; i < 100_000; i++)
        if (sampler.isIn(liveConnection({ sample: random() }), root, never)) count++;
      assertLikely(count, 100_000, share);
    });

    test(`by client, a share of ${share} of addresses next to each other`, () => {
      const sampler = createSampler({ kind: "client" }, share);
      let count = 0;
      for (let i = 0; i < 100_000; i++) {
        const words = Uint32Array.of(0, 0, 0xffff0000, 0x0a + i * 256);
        const connection = liveConnection({ clientSample: () => hashAddress(words, 0) });
        if (sampler.isIn(connection, root, never)) count++;
      }
      assertLikely(count, 100_000, share);
    });

    for (const [by, request] of cohorts) {
      test(`by ${by.kind}, a share of ${share} of users who count up`, () => {
        const sampler = createSampler(by, share);
        let count = 0;
        for (let i = 0; i < 20_000; i++) if (sampler.isIn(nobody, request(i), never)) count++;
        assertLikely(count, 20_000, share);
      });
    }
  }

  test("one in a million", () => {
    const random = createRandom32(11);
    const sampler = createSampler({ kind: "request" }, 1e-6);
    let count = 0;
    for (let i = 0; i < 20_000_000; i++) if (sampler.isIn(nobody, root, random)) count++;
    assertLikely(count, 20_000_000, 1e-6);
    assert.ok(sampler.isIn(nobody, root, () => 4294));
    assert.ok(!sampler.isIn(nobody, root, () => 4295));
  });

  test("all and none, without drawing for all", () => {
    for (const kind of ["request", "connection", "client"] as const) {
      assert.ok(createSampler({ kind }, 1).isIn(nobody, root, never));
      const connection = liveConnection({ sample: 0, clientSample: () => 0 });
      assert.ok(!createSampler({ kind }, 0).isIn(connection, root, () => 0));
    }
    assert.ok(createSampler({ kind: "query", name: "q" }, 1).isIn(nobody, get("/?q"), never));
    assert.ok(!createSampler({ kind: "query", name: "q" }, 0).isIn(nobody, get("/?q"), never));
  });

  test("without the value a request is out, even of all", () => {
    for (const [by] of cohorts) assert.ok(!createSampler(by, 1).isIn(nobody, root, never));
  });

  test("a cohort is the same everywhere, wherever its value stands, and the first value counts", () => {
    const here = createSampler({ kind: "header", name: "X-User" }, 0.3);
    const there = createSampler({ kind: "header", name: "x-user" }, 0.3);
    const cookie = createSampler({ kind: "cookie", name: "user" }, 0.3);
    const query = createSampler({ kind: "query", name: "user" }, 0.3);
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      const isIn = here.isIn(nobody, get("/a", `x-user: u${i}`), never);
      if (isIn) count++;
      const second = get("/b?c", "Host: a", `X-USER: u${i} `, `x-user: ${i + 1}`);
      assert.equal(there.isIn(liveConnection({ sample: i }), second, never), isIn);
      assert.equal(cookie.isIn(nobody, get("/", `Cookie: user=u${i}; user=1`), never), isIn);
      assert.equal(query.isIn(nobody, get(`/?user=%75${i}&user=1`), never), isIn);
    }
    assertLikely(count, 1000, 0.3);
  });

  test("who is in a share is in every larger one", () => {
    const sampler = createSampler({ kind: "query", name: "u" }, 0);
    let before = new Set<number>();
    for (const share of [0.01, 0.1, 0.5, 1]) {
      sampler.setShare(share);
      const users = Array.from({ length: 500 }, (_, user) => user);
      const now = new Set(users.filter((u) => sampler.isIn(nobody, get(`/?u=${u}`), never)));
      assert.ok([...before].every((user) => now.has(user)));
      assert.ok(now.size > before.size);
      before = now;
    }
    assert.equal(before.size, 500);
  });
});
