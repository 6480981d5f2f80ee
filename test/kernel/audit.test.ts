/** The audit trail of real runs: changed, killed, followed by another, and on a disk that is full. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, type Mirror, runShadowtap, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const SHADOW = `http://${ADDRESS.shadow.v4}:${PORT}`;

interface Entry {
  readonly seq: number;
  readonly run: string;
  readonly event: string;
  readonly [member: string]: unknown;
}

describe("an audit trail", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT });
    await startNginx(lab, lab.shadow, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  const read = (path: string) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);

  async function verify(path: string, ...more: string[]) {
    const ran = await runShadowtap(lab.live, ["audit", "verify", path, "-o", "json", ...more]);
    return { code: ran.code, report: JSON.parse(ran.stdout) };
  }

  function writeRules(file: string, path: string): void {
    const to = {
      name: "shadow",
      url: SHADOW,
      setHeaders: [{ name: "x-key", value: "planted-secret" }],
    };
    const rule = { name: "a", from: { ports: [PORT] }, match: { path: { value: path } }, to };
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: "shadowtap.dev/v1alpha1",
        kind: "MirrorConfig",
        mirrors: [rule],
      }),
    );
  }

  const said = (mirror: Mirror, what: RegExp) =>
    until(
      () => what.test(mirror.program.stderr()),
      12_000,
      () => mirror.program.stderr(),
    );

  it("tells of a run that was changed and killed, and of the one after it", async () => {
    const path = join(lab.dir, "audit.jsonl");
    const file = join(lab.dir, "audit-rules.yaml");
    const socket = join(lab.dir, "audit.sock");
    writeRules(file, "/a");
    const flags = ["--audit-file", path, "--admin-socket", socket];
    const first = await startMirror(lab, lab.live, ["-c", file, "--no-watch", ...flags], "run");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await curl(lab.client, `${LIVE}/a?token=planted-secret`);
    writeRules(file, "/b");
    kill(first.program.pid, "SIGHUP");
    await said(first, /Reloaded/);
    writeFileSync(file, "mirrors: planted-secret");
    kill(first.program.pid, "SIGHUP");
    await said(first, /is refused/);
    const ask = async (...words: string[]) =>
      (await runShadowtap(lab.live, [...words, "--admin-socket", socket])).code;
    assert.equal(await ask("target", "pause", "shadow"), 0);
    assert.equal(await ask("rule", "set", "a", "--percent", "50"), 0);
    const running = await verify(path);
    assert.deepEqual([running.code, running.report.runs[0].end], [0, "running"]);
    kill(first.program.pid, "SIGKILL");
    await first.program.exited;

    const args = ["--port", String(PORT), "--to", SHADOW, "--count", "3", "--audit-file", path];
    const second = await startMirror(lab, lab.live, args);
    for (let request = 0; request < 3; request++) await curl(lab.client, `${LIVE}/c`);
    const { summary, stderr } = await second.finished();
    assert.deepEqual(faults(summary), []);

    const entries = read(path);
    assert.deepEqual(
      entries.map(({ event }) => event),
      ["start", "change", "refused", "change", "change", "start", "stop"],
    );
    const [start, reload, refused, pause, share, , stop] = entries as unknown as [
      { who: { uid: number }; policies: unknown[]; rules: { sha256: string }; command: string[] },
      { by: object; change: { what: string; rules: { sha256: string } } },
      { refusal: { code: string } },
      { by: { kind: string; uid: number; pid: number }; change: object },
      { change: object },
      unknown,
      { why: object; ledger: { targets: unknown } },
    ];
    assert.equal(start.who.uid, 0);
    assert.equal(start.command[1], "run");
    assert.equal(start.policies.length, 1);
    assert.deepEqual(reload.by, { kind: "signal", signal: "SIGHUP" });
    assert.equal(reload.change.what, "rules");
    assert.notEqual(reload.change.rules.sha256, start.rules.sha256);
    assert.equal(refused.refusal.code, "ST_CONFIG_INVALID");
    assert.deepEqual(pause.change, { what: "pause", target: "shadow" });
    assert.deepEqual([pause.by.kind, pause.by.uid], ["admin", 0]);
    assert.ok(pause.by.pid > 0);
    assert.deepEqual(share.change, { what: "share", rule: "a", share: 0.5, reason: null });
    assert.deepEqual(stop.why, { kind: "count" });
    assert.deepEqual(stop.ledger.targets, summary.ledger.targets);
    assert.doesNotMatch(readFileSync(path, "utf8"), /planted-secret|[?]token/);

    const head = /ends with ([0-9a-f]{64})\./.exec(stderr)?.[1] ?? "";
    const { code, report } = await verify(path, "--last", head);
    assert.equal(code, 0);
    assert.equal(report.last_hash, head);
    assert.deepEqual(
      report.runs.map(({ end, why, changes, refused: no }: Record<string, unknown>) => [
        end,
        why,
        changes,
        no,
      ]),
      [
        ["killed", null, 3, 1],
        ["stopped", "count", 0, 0],
      ],
    );

    writeFileSync(
      path,
      readFileSync(path, "utf8").replace('"target":"shadow"', '"target":"other"'),
    );
    const changed = await verify(path);
    assert.equal(changed.code, 65);
    assert.deepEqual(
      changed.report.defects.map(({ kind, line }: Record<string, unknown>) => [kind, line]),
      [["changed", 4]],
    );
  });

  it("of two runs at a time is one chain", async () => {
    const path = join(lab.dir, "both.jsonl");
    const start = (port: number) =>
      startMirror(lab, lab.live, [
        ...["--port", String(port), "--to", SHADOW, "--audit-file", path],
      ]);
    const both = await Promise.all([start(PORT), start(PORT + 1)]);
    await Promise.all(both.map((one) => one.stop()));
    const { code, report } = await verify(path);
    assert.deepEqual([code, report.entries], [0, 4]);
    for (const run of report.runs) assert.equal(run.why, "signal SIGTERM");
  });

  it("that others may read, and a disk that is full, are refused before anything is captured", async () => {
    const path = join(lab.dir, "exposed.jsonl");
    writeFileSync(path, "", { mode: 0o644 });
    const args = ["mirror", "--port", String(PORT), "--to", SHADOW, "--audit-file"];
    const exposed = await runShadowtap(lab.live, [...args, path]);
    assert.equal(exposed.code, 73);
    assert.match(exposed.stderr, /ST_AUDIT_EXPOSED[\s\S]*chmod 600/);
    const full = await runShadowtap(lab.live, [...args, "/dev/full"]);
    assert.equal(full.code, 73);
  });

  it("goes on when its disk was full, and tells of the gap", async () => {
    const disk = join(lab.dir, "disk");
    mkdirSync(disk);
    await lab.live.run("mount", ["-t", "tmpfs", "-o", "size=64k", "audit-test", disk]);
    try {
      const path = join(disk, "audit.jsonl");
      const socket = join(lab.dir, "full.sock");
      const fill = () => {
        try {
          writeFileSync(join(disk, "fill"), Buffer.alloc(128 * 1024));
        } catch {
          // It is full now.
        }
      };
      const flags = ["--port", String(PORT), "--to", SHADOW, "--audit-file", path];
      fill();
      const refused = await runShadowtap(lab.live, ["mirror", ...flags]);
      assert.equal(refused.code, 73);
      assert.match(refused.stderr, /ENOSPC/);
      rmSync(join(disk, "fill"));

      const mirror = await startMirror(lab, lab.live, [...flags, "--admin-socket", socket]);
      fill();
      // The page that the file ends in still has room: enough changes to leave it.
      for (let turn = 0; !/cannot be written/.test(mirror.program.stderr()); turn++) {
        assert.ok(turn < 20, "the disk is never full");
        const what = turn % 2 === 0 ? "pause" : "resume";
        const words = ["target", what, SHADOW, "--admin-socket", socket];
        assert.equal((await runShadowtap(lab.live, words)).code, 0);
      }
      rmSync(join(disk, "fill"));
      await said(mirror, /is written again/);
      const { stderr } = await mirror.stop();
      assert.equal(stderr.match(/cannot be written/g)?.length, 1);
      const { code, report } = await verify(path);
      assert.deepEqual([code, report.gaps, report.defects], [0, 1, []]);
    } finally {
      await lab.live.run("umount", [disk]);
    }
  });
});
