/** What keeps a mirror from doing harm: where copies may go, that every run ends, and who reads payload. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Host, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring, runShadowtap, startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const TO = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
const URL = `http://${ADDRESS.live.v4}:${PORT}/`;
/** A public address (RFC 5737) that nothing leads to. */
const PUBLIC = "198.51.100.7";

describe("the side-effect guard", () => {
  let lab: Lab;
  let live: Nginx;
  let shadow: Nginx;

  before(async () => {
    lab = await createLab();
    live = await startNginx(lab, lab.live, { port: PORT });
    shadow = await startNginx(lab, lab.shadow, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  /** The machine of the live service, where names are what this file says. */
  function withHosts(hosts: string): Host {
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const inside = ["--mount", "--propagation", "private", "sh", "-c", script, hosts];
    return {
      ...lab.live,
      start: (command, args, options) =>
        lab.live.start("unshare", [...inside, command, ...args], options),
    };
  }

  for (const [what, moved] of [
    ["a public address", PUBLIC],
    ["the captured service", ADDRESS.live.v4],
  ] as const)
    it(`a name that moves to ${what} is not connected to there`, async () => {
      const hosts = join(lab.dir, `hosts-${lab.next()}`);
      writeFileSync(hosts, `${ADDRESS.shadow.v4} shadow.test\n`);
      const args = ["--port", String(PORT), "--to", `http://shadow.test:${PORT}`];
      const seen = { live: await live.count(), shadow: await shadow.count() };
      const { summary, stderr } = await mirrorDuring(lab, withHosts(hosts), args, async () => {
        // It was looked up for the check at the start; it is again for the first copy.
        writeFileSync(hosts, `${moved} shadow.test\n`);
        for (let i = 0; i < 3; i++) await curl(lab.client, URL);
      });
      assert.equal(firstTarget(summary).failed.unsent.address_refused, 3);
      assert.equal(firstTarget(summary).delivered, 0);
      assert.deepEqual(faults(summary), []);
      assert.equal((await live.count()) - seen.live, 3, "no copy has come back");
      assert.equal((await shadow.count()) - seen.shadow, 0);
      const said = stderr.split("\n").filter((line) => line.includes("has moved"));
      assert.deepEqual(said, [
        `Target http://shadow.test:${PORT} has moved to ${moved}, where copies may not go: none is sent to it.`,
      ]);
    });

  const refusals: Record<string, { args: string[]; code: number; says: RegExp }> = {
    "a public target, when nothing says what is redacted": {
      args: ["--to", `http://${PUBLIC}`],
      code: 64,
      says: /ST_TARGET_REFUSED[\s\S]*--redact/,
    },
    "a private target that is not among those allowed": {
      args: ["--to", `http://${ADDRESS.shadow.v4}:${PORT}`, "--allow-target", "10.99.0.0/16"],
      code: 64,
      says: /ST_TARGET_REFUSED/,
    },
    "a stop file that is there": {
      args: [...TO.slice(2), "--stop-file", "/etc/passwd"],
      code: 64,
      says: /ST_USAGE/,
    },
    "a user that is not": {
      args: [...TO.slice(2), "--user", "no-such-user"],
      code: 64,
      says: /ST_USAGE/,
    },
  };
  for (const [name, { args, code, says }] of Object.entries(refusals))
    it(`refuses ${name}`, async () => {
      const result = await runShadowtap(lab.live, ["mirror", "--port", String(PORT), ...args]);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, says);
    });

  it("a public target is connected to once it is said what is redacted", async () => {
    const args = ["mirror", "--port", String(PORT), "--to", `http://${PUBLIC}`, "--redact", "off"];
    const { stderr } = await runShadowtap(lab.live, args);
    assert.match(stderr, /ST_TARGET_UNREACHABLE/);
  });

  it("what is allowed is sent to", async () => {
    const args = [...TO, "--allow-target", "10.77.2.0/24"];
    const { summary } = await mirrorDuring(lab, lab.live, args, () => curl(lab.client, URL));
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("a run ends by itself when its time is over", async () => {
    const mirror = await startMirror(lab, lab.live, [...TO, "--ttl", "2s"]);
    await curl(lab.client, URL);
    const { code, summary, stderr } = await mirror.finished();
    assert.equal(code, 0);
    assert.match(stderr, /^Ends by itself at \d\d:\d\d\.$/m);
    assert.match(stderr, /^Ending: .*--ttl/m);
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("a run ends within a second of its stop file", async () => {
    const stopFile = join(lab.dir, `stop-${lab.next()}`);
    const mirror = await startMirror(lab, lab.live, [...TO, "--stop-file", stopFile]);
    await curl(lab.client, URL);
    writeFileSync(stopFile, "");
    const isEnding = () => mirror.program.stderr().includes("Ending: ");
    await until(isEnding, 1000, () => `no word of an end: ${mirror.program.stderr()}`);
    const { code, summary, stderr } = await mirror.finished();
    assert.equal(code, 0);
    assert.match(stderr, /^Ending: the stop file .* is there\.$/m);
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("payload is read as the user that is named, in every thread", async () => {
    const mirror = await startMirror(lab, lab.live, [...TO, "--user", "daemon"]);
    const { pid } = mirror.program;
    const payload = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    const status = readFileSync(`/proc/${payload}/status`, "latin1");
    assert.match(status, /^Uid:\t1\t1\t1\t1$/m);
    assert.match(status, /^Gid:\t1\t1\t1\t1$/m);
    assert.match(status, /^Groups:\s*$/m);
    await curl(lab.client, URL);
    const { summary } = await mirror.stop();
    assert.equal(firstTarget(summary).delivered, 1);
  });
});
