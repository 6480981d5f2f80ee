/** Rules that change again and again under load: every request is decided by one rule set, and none is lost. */
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { tally } from "../lab/access-log.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { full, paced } from "../lab/load.ts";
import { faults, firstTarget, type Mirror, startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const SHADOW = `http://${ADDRESS.shadow.v4}`;

/** Rules by name; in each set another one comes first, so that a mask of one set is wrong for the next. */
const RULES = {
  a: { from: { ports: [PORT] }, match: { path: { value: "/a" } } },
  b: { from: { ports: [PORT] }, match: { path: { value: "/b" } } },
  both: { from: { ports: [PORT] }, match: { path: { value: "/both" } } },
  // It wants every request, of nobody.
  nobody: { from: { ports: [PORT], remote: ["192.0.2.0/24"] } },
} as const;
const SETS: readonly (readonly (keyof typeof RULES)[])[] = [
  ["both", "a"],
  ["b", "both"],
  ["nobody", "both"],
];

const ROUND_SECONDS = 4;
const MOST_ROUNDS = 10;

function reloadsOf({ program }: Mirror): number {
  return program.stderr().match(/^Reloaded /gm)?.length ?? 0;
}

describe("a reload under load", () => {
  let lab: Lab;
  let shadow: Nginx;
  let elsewhere: Nginx;
  let file: string;
  before(async () => {
    lab = await createLab();
    file = join(lab.dir, "rules.yaml");
    const location = "return 200 ok;";
    await startNginx(lab, lab.live, { port: PORT, location, log: false });
  });
  after(() => lab[Symbol.asyncDispose]());

  /** Replaces the file as a whole, as editors do. JSON is YAML. */
  function write(set: number): void {
    const mirrors = (SETS[set % SETS.length] ?? []).map((name) => ({
      name,
      ...RULES[name],
      to: { url: `${SHADOW}:${name === "nobody" ? elsewhere.port : shadow.port}` },
    }));
    const document = { apiVersion: "shadowtap.dev/v1alpha1", kind: "MirrorConfig", mirrors };
    writeFileSync(`${file}.new`, JSON.stringify(document));
    renameSync(`${file}.new`, file);
  }

  /** Changes the rules until `load` is over, by signal and by the file's change in turn. Returns how often. */
  async function changing(mirror: Mirror, load: Promise<unknown>): Promise<number> {
    let isOver = false;
    const ended = load.finally(() => {
      isOver = true;
    });
    let set = 0;
    while (!isOver) {
      const done = reloadsOf(mirror);
      set++;
      write(set);
      // Every fifth by the watch alone, which waits until a file has settled.
      if (set % 5 > 0) kill(mirror.program.pid, "SIGHUP");
      await until(
        () => reloadsOf(mirror) > done,
        10_000,
        () => mirror.program.stderr(),
      );
    }
    await ended;
    return reloadsOf(mirror);
  }

  async function start(port: number): Promise<Mirror> {
    const server = { location: "return 200 ok;" };
    shadow = await startNginx(lab, lab.shadow, { port, ...server });
    elsewhere = await startNginx(lab, lab.shadow, { port: port + 1, ...server });
    write(0);
    return startMirror(lab, lab.live, ["-c", file], "run");
  }

  it("at full speed: nothing is mirrored that no rule set wanted", async () => {
    const mirror = await start(9000);
    // Until each set was in force: a reload waits for a process that gives way to everybody.
    const enough = () => reloadsOf(mirror) >= SETS.length;
    const untilEnough = async (path: string): Promise<number> => {
      let failures = 0;
      for (let round = 0; round === 0 || (round < MOST_ROUNDS && !enough()); round++) {
        const load = { url: LIVE + path, connections: 8, seconds: ROUND_SECONDS };
        failures += (await full(lab, lab.client, load)).failed;
      }
      return failures;
    };
    const loads = Promise.all(["/a/1", "/b/1", "/both/1", "/none/1"].map(untilEnough));
    const reloads = await changing(mirror, loads);
    const { summary, stderr } = await mirror.stop();
    assert.deepEqual(await loads, [0, 0, 0, 0]);
    assert.ok(reloads >= SETS.length, `${reloads} reloads`);
    const counts = tally(await shadow.stopAndRead());
    assert.deepEqual(tally(await elsewhere.stopAndRead()), {});
    assert.deepEqual(Object.keys(counts).toSorted(), ["GET /a/1", "GET /b/1", "GET /both/1"]);
    assert.deepEqual(faults(summary), []);
    assert.doesNotMatch(stderr, /refused/);
  });

  it("at a pace that it keeps: nothing is lost", async () => {
    const mirror = await start(9010);
    const loads = ["/a/2", "/b/2", "/both/2", "/none/2"].map((path) =>
      paced(lab, lab.client, {
        url: LIVE + path,
        connections: 4,
        requestsPerSecond: 100,
        seconds: 4,
      }),
    );
    const reloads = await changing(mirror, Promise.all(loads));
    const { summary } = await mirror.stop();
    const sent = await Promise.all(loads);
    assert.ok(reloads >= SETS.length, `${reloads} reloads`);
    const { capture, rules } = summary.ledger;
    const inAll = sent.reduce((sum, { requests }) => sum + requests, 0);
    assert.equal(inAll, 4 * 100 * 4);
    for (const count of Object.values(capture.lost)) assert.equal(count, 0);
    assert.equal(capture.shed, 0);
    assert.equal(capture.seen, inAll);
    const both = rules.find(({ name }) => name === "both");
    assert.equal(both?.offered, 400);
    const counts = tally(await shadow.stopAndRead());
    assert.equal(counts["GET /both/2"], 400);
    assert.deepEqual(Object.keys(counts).toSorted(), ["GET /a/2", "GET /b/2", "GET /both/2"]);
    assert.deepEqual(tally(await elsewhere.stopAndRead()), {});
    const delivered = Object.values(counts).reduce((sum, count) => sum + count, 0);
    assert.equal(firstTarget(summary).delivered, delivered);
    assert.deepEqual(faults(summary), []);
  });
});
