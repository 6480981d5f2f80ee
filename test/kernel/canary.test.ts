/**
 * Secrets that are planted in live requests: behind `--redact strict` none of them is in any output, ours or the shadow's; behind
 * `--redact off` every one is in the shadow's log, which shows that the check can fail.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { drawMarker, drawSecret } from "../../src/agent/canary/secret.ts";
import { writeSecretsFile } from "../../src/agent/canary/secrets-file.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, runShadowtap, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";
import { startWholeLogServer } from "../lab/whole-log-server.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;

/** What `canary check -o json` says, as far as it is read here. */
interface Report {
  readonly marker_seen: boolean;
  readonly leaks: readonly { readonly place: string; readonly file: string }[];
}

/** Everything that one run left behind. */
interface Outputs {
  readonly dir: string;
  /** Of the shadow: whole requests. */
  readonly log: string;
  /** Packets between us and the shadow. */
  readonly packets: string;
  /** Files of what was planted. */
  readonly planted: readonly string[];
  /** How many requests with a secret were sent. */
  readonly requests: number;
}

describe("planted secrets", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT, location: "return 200 ok;" });
  });
  after(() => lab[Symbol.asyncDispose]());

  /** As people send them: a form with a file, an encoded form, a compressed upload, and one in chunks. */
  async function plantByCurl(dir: string): Promise<string> {
    const marker = drawMarker();
    const url = `${LIVE}/canary-${marker}`;
    const [email, card, phone, iban] = [
      drawSecret("email"),
      drawSecret("card"),
      drawSecret("phone"),
      drawSecret("iban"),
    ];
    const upload = join(dir, "upload.txt");
    writeFileSync(upload, `name,card\nA. Canary,${card}\n`);
    const packed = join(dir, "upload.json.gz");
    writeFileSync(packed, gzipSync(JSON.stringify({ customer: [{ phone }] })));
    const streamed = join(dir, "upload.json");
    writeFileSync(streamed, JSON.stringify({ iban, more: "x".repeat(50_000) }));
    const cookie = drawSecret("opaque");
    const json = ["-H", "Content-Type: application/json"];
    await curl(lab.client, "-F", `file=@${upload};type=text/plain`, "-F", "id=1", url);
    await curl(lab.client, "-b", `sid=${cookie}`, "--data-urlencode", `to=${email}`, url);
    const gzip = ["-H", "Content-Encoding: gzip", "--compressed"];
    await curl(lab.client, ...json, ...gzip, "--data-binary", `@${packed}`, url);
    const chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", `@${streamed}`];
    await curl(lab.client, ...json, ...chunked, url);
    const secrets = Object.entries({
      "curl -F": card,
      "curl --data-urlencode": email,
      "curl -b": cookie,
      "curl with gzip": phone,
      "curl in chunks": iban,
    }).map(([place, value]) => ({ place, value }));
    const file = join(dir, "by-curl.json");
    writeSecretsFile(file, { marker, secrets });
    return file;
  }

  async function mirrored(preset: "strict" | "off", port: number): Promise<Outputs> {
    const inputs = join(lab.dir, `inputs-${preset}`);
    const dir = join(lab.dir, `outputs-${preset}`);
    for (const one of [inputs, dir]) mkdirSync(one);
    const shadow = await startWholeLogServer(lab, lab.shadow, port);
    const packets = join(lab.dir, `packets-${preset}.pcap`);
    const dump = ["-i", "cable1", "-U", "-B", "16384", "-w", packets, "tcp", "port", `${port}`];
    const tcpdump = lab.shadow.start("tcpdump", dump);
    await until(
      () => /listening on/.test(tcpdump.stderr()),
      10_000,
      () => tcpdump.stderr(),
    );
    const to = `http://${ADDRESS.shadow.v4}:${port}`;
    const args = ["--port", `${PORT}`, "--to", to, "--allow-methods", "all", "-o", "json"];
    const socket = join(lab.dir, `admin-${preset}.sock`);
    args.push("--redact", preset, "--audit-file", join(dir, "audit.jsonl"));
    const mirror = await startMirror(lab, lab.live, [...args, "--admin-socket", socket]);

    const secrets = join(inputs, "planted.json");
    const plant = ["canary", "plant", "--url", LIVE, "--allow-methods", "GET,POST"];
    const planted = await runShadowtap(lab.client, [...plant, "--secrets", secrets]);
    assert.equal(planted.code, 0, planted.stderr);
    const byCurl = await plantByCurl(inputs);
    const status = await runShadowtap(lab.live, ["status", "-o", "json", "--admin-socket", socket]);
    const { summary, stdout, stderr } = await mirror.stop();
    // tcpdump drops what it has not read when it is told to stop: what comes last tells that it has read all before.
    await curl(lab.live, `${to}/the-last-one`);
    await until(
      () => readFileSync(packets, "latin1").includes("/the-last-one"),
      10_000,
      () => tcpdump.stderr(),
    );
    await tcpdump.stop("SIGINT");

    // One without a secret, and four by curl.
    const requests = secretsIn(secrets) + 1 + 4;
    assert.equal(firstTarget(summary).delivered, requests, stderr);
    assert.deepEqual(faults(summary), []);
    const written = { lines: stdout, messages: stderr, status: status.stdout };
    for (const [name, text] of Object.entries(written)) writeFileSync(join(dir, name), text);
    writeFileSync(join(dir, "summary.json"), JSON.stringify(summary));
    return { dir, log: shadow.log, packets, planted: [secrets, byCurl], requests };
  }

  function secretsIn(file: string): number {
    const { secrets } = JSON.parse(readFileSync(file, "utf8")) as { readonly secrets: unknown[] };
    return secrets.length;
  }

  async function check(secrets: string, outputs: readonly string[]) {
    const args = ["canary", "check", ...outputs, "--secrets", secrets, "-o", "json"];
    const { code, stdout, stderr } = await runShadowtap(lab.live, args);
    assert.equal(stderr, "");
    return { code, report: JSON.parse(stdout) as Report };
  }

  it("are in no output behind --redact strict", async () => {
    const { dir, log, packets, planted, requests } = await mirrored("strict", 9000);
    for (const secrets of planted) {
      const { code, report } = await check(secrets, [dir, log, packets]);
      assert.deepEqual(report.leaks, []);
      assert.equal(code, 0);
      assert.ok(report.marker_seen);
    }
    const lines = readFileSync(join(dir, "lines"), "utf8");
    assert.equal(lines.split("\n").filter(Boolean).length, requests);
  });

  it("are all in the shadow's log behind --redact off, and still in no output of ours", async () => {
    const { dir, log, packets, planted } = await mirrored("off", 9010);
    for (const secrets of planted) {
      const all = secretsIn(secrets);
      for (const file of [log, packets]) {
        const { code, report } = await check(secrets, [file]);
        assert.equal(code, 79);
        assert.equal(new Set(report.leaks.map(({ place }) => place)).size, all, file);
      }
      const { code, report } = await check(secrets, [dir]);
      assert.deepEqual(report.leaks, []);
      assert.equal(code, 0);
    }
  });
});
