import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeCapture } from "../capture/pcap/capture-writer.ts";
import { digest, generateTraffic, type SentRequest } from "../capture/pcap/traffic.ts";
import { createRandom } from "../fuzz/http1-input.ts";
import { type BuiltShell, buildShell, type Ran } from "./built-shell.ts";

/** `shadowtap decode`, compared with files in golden/. They are written anew with SHADOWTAP_UPDATE_GOLDEN=1. */

const GOLDEN = join(import.meta.dirname, "golden");
const UPDATE = process.env["SHADOWTAP_UPDATE_GOLDEN"] === "1";

const cases: Readonly<Record<string, readonly string[]>> = {
  "help-decode": ["decode", "--help"],
  "decode-without-file": ["decode", "--port", "8080"],
  "decode-without-port": ["decode", "good.pcapng"],
  "decode-port-invalid": ["decode", "good.pcapng", "--port", "http"],
  "decode-output-invalid": ["decode", "good.pcapng", "--port", "8080", "-o", "table"],
  "decode-file-missing": ["decode", "nowhere.pcap", "--port", "8080"],
  "decode-directory": ["decode", "docs", "--port", "8080"],
  "decode-not-a-capture": ["decode", "text", "--port", "8080"],
  "decode-damaged": ["decode", "damaged.pcap", "--port", "8080"],
  "decode-damaged-json": ["decode", "damaged.pcap", "--port", "8080", "-o", "json"],
  "decode-compact": ["decode", "good.pcapng", "--port", "8080"],
  "decode-json": ["decode", "good.pcapng", "--port", "8000-8010,8080", "-o", "json"],
  "decode-cut": ["decode", "cut.pcapng", "--port", "8080"],
  "decode-empty-json": ["decode", "empty", "--port", "8080", "-o", "json"],
  "decode-other-port": ["decode", "good.pcapng", "--port", "80"],
};

const BODY = Buffer.from("name=secret");
const sent: readonly SentRequest[] = [
  { method: "GET", target: "/v1/orders?token=secret", body: undefined, isChunked: false },
  { method: "POST", target: "/v1/orders?token=secret", body: BODY, isChunked: false },
  { method: "PUT", target: "/v1/orders/1", body: BODY, isChunked: true },
];

function transcript(argv: readonly string[], { stdout, stderr, exitCode }: Ran): string {
  const command = ["shadowtap", ...argv].join(" ");
  return `$ ${command}\nexit code ${exitCode}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

describe("shadowtap decode", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  let good: Buffer;
  before(() => {
    shell = buildShell();
    const how = { disorder: "none", maxSegmentBytes: 1460, hasOptions: false } as const;
    const traffic = generateTraffic([sent], "ethernet", createRandom(1), how);
    const form = { isLittle: true, linkType: 1, unitsPerSecond: 1_000_000n } as const;
    good = writeCapture({ ...form, format: "pcapng" }, traffic);
    writeFileSync(join(shell.root, "good.pcapng"), good);
    const cut = writeCapture({ ...form, format: "pcapng", snapBytes: 110 }, traffic);
    writeFileSync(join(shell.root, "cut.pcapng"), cut);
    writeFileSync(join(shell.root, "text"), "It was a dark and stormy night.");
    writeFileSync(join(shell.root, "empty"), "");
    const plain = writeCapture({ ...form, format: "pcap" }, traffic);
    writeFileSync(join(shell.root, "damaged.pcap"), plain.subarray(0, -10));
  });
  after(() => shell.dispose());

  for (const [name, argv] of Object.entries(cases))
    test(name, async () => {
      const actual = transcript(argv, await shell.run(argv));
      const file = join(GOLDEN, `${name}.txt`);
      if (UPDATE) writeFileSync(file, actual);
      assert.equal(actual, readFileSync(file, "utf8"));
      assert.doesNotMatch(actual, /secret/);
    });

  /** Runs the command with its stdin and stdout as pipes of the test's own. */
  function start(argv: readonly string[]) {
    const child = spawn(process.execPath, [join(shell.root, "bin/shadowtap.js"), ...argv], {
      env: { HOME: shell.root, LANG: "C.UTF-8", TZ: "UTC" },
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, ended };
  }

  test("stdin is read as it comes", async () => {
    const { child, ended } = start(["decode", "-", "--port", "8080", "-o", "json"]);
    let text = "";
    const first = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        resolve();
      });
    });
    // All but the last byte: the requests are printed before the file is over.
    child.stdin.write(good.subarray(0, -1));
    await first;
    child.stdin.end(good.subarray(-1));
    assert.equal(await ended, 0);
    const lines = text.trim().split("\n");
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      parsed.slice(0, -1).map((line) => [line["method"], line["path"], line["body_sha256"]]),
      sent.map(({ method, target, body }) => [method, target.split("?")[0], digest(body)]),
    );
    assert.equal(parsed.at(-1)?.["kind"], "DecodedCapture");
  });

  test("INT ends it in order, with the ledger of what was read", async () => {
    const { child, ended } = start(["decode", "-", "--port", "8080"]);
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      errors += part;
    });
    child.stdout.once("data", () => child.kill("SIGINT"));
    child.stdout.resume();
    child.stdin.write(good.subarray(0, -1));
    assert.equal(await ended, 0);
    assert.match(errors, /^Read .* of pcapng: 3 requests to port 8080, 3 decoded\.\n/);
  });

  test("a reader that has seen enough is no error", async () => {
    const { child, ended } = start(["decode", "-", "--port", "8080"]);
    child.stdin.on("error", () => undefined);
    child.stdout.destroy();
    child.stdin.end(good);
    assert.equal(await ended, 0);
  });
});
