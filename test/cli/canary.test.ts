import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type BuiltShell, buildShell, type Ran } from "./built-shell.ts";

/** `shadowtap canary`, compared with files in golden/. They are written anew with SHADOWTAP_UPDATE_GOLDEN=1. */

const GOLDEN = join(import.meta.dirname, "golden");
const UPDATE = process.env["SHADOWTAP_UPDATE_GOLDEN"] === "1";

const URL = ["--url", "http://127.0.0.1:1"];
const BY_HAND = ["--secrets", "by-hand.json"];

const cases: Readonly<Record<string, readonly string[]>> = {
  "help-canary-plant": ["canary", "plant", "--help"],
  "help-canary-check": ["canary", "check", "--help"],
  "canary-plant-without-url": ["canary", "plant"],
  "canary-plant-url-invalid": ["canary", "plant", "--url", "127.0.0.1:8080"],
  "canary-plant-url-query": ["canary", "plant", "--url", "http://127.0.0.1:8080/?a=b"],
  "canary-plant-methods-invalid": ["canary", "plant", ...URL, "--allow-methods", "G T"],
  "canary-plant-methods-useless": ["canary", "plant", ...URL, "--allow-methods", "HEAD"],
  "canary-plant-unreachable": ["canary", "plant", ...URL, "--secrets", "unreachable.json"],
  "canary-check-without-output": ["canary", "check"],
  "canary-check-no-secrets": ["canary", "check", "outputs"],
  "canary-check-not-secrets": ["canary", "check", "outputs", "--secrets", "package.json"],
  "canary-check-missing": ["canary", "check", "outputs", "nowhere.log", ...BY_HAND],
  "canary-check-nothing": ["canary", "check", "empty", ...BY_HAND],
  "canary-check-output-invalid": ["canary", "check", "outputs", ...BY_HAND, "-o", "yaml"],
  "canary-check-found": ["canary", "check", "outputs", ...BY_HAND],
  "canary-check-found-json": ["canary", "check", "outputs/lines", ...BY_HAND, "-o", "json"],
  "canary-check-clean": ["canary", "check", "outputs/clean", ...BY_HAND],
  "canary-check-no-trace": ["canary", "check", "package.json", ...BY_HAND],
  "canary-check-damaged": ["canary", "check", "damaged.br", ...BY_HAND],
};

const MARKER = "markermarker";
const SECRETS = {
  cookie: "never-shown-1@a.example",
  "query parameter": "never-shown-2@b.example",
  "form field": "never-shown-3@c.example",
};

function transcript(argv: readonly string[], { stdout, stderr, exitCode }: Ran): string {
  const command = ["shadowtap", ...argv].join(" ");
  return `$ ${command}\nexit code ${exitCode}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

describe("shadowtap canary", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  let server: Server;
  const received: string[] = [];
  before(async () => {
    shell = buildShell();
    const write = (name: string, content: string | Uint8Array) =>
      writeFileSync(join(shell.root, name), content);
    const secrets = Object.entries(SECRETS).map(([place, value]) => ({ place, value }));
    write("by-hand.json", JSON.stringify({ kind: "CanarySecrets", marker: MARKER, secrets }));
    mkdirSync(join(shell.root, "empty"));
    mkdirSync(join(shell.root, "outputs"));
    const encoded = encodeURIComponent(SECRETS["query parameter"]);
    write("outputs/lines", `GET /${MARKER}?to=${encoded}\nGET /?to=${encoded}\n`);
    const cookie = Buffer.from(`sid=${SECRETS.cookie}`).toString("base64");
    const noise = "The quick brown fox jumps over the lazy dog. ".repeat(40);
    write("outputs/old.gz", gzipSync(`${noise}${cookie}`));
    write("outputs/clean", `GET /${MARKER}`);
    write("damaged.br", "no brotli at all");
    server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("end", () => {
        const head = JSON.stringify([incoming.method, incoming.url, incoming.rawHeaders]);
        received.push(head + Buffer.concat(chunks).toString("latin1"));
        response.writeHead(404).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    shell.dispose();
    server.close();
  });

  test("a service that does not answer leaves no file", async () => {
    const { exitCode } = await shell.run(["canary", "plant", ...URL, "--secrets", "none.json"]);
    assert.equal(exitCode, 69);
    assert.ok(!existsSync(join(shell.root, "none.json")));
  });

  for (const [name, argv] of Object.entries(cases))
    test(name, async () => {
      const actual = transcript(argv, await shell.run(argv));
      const file = join(GOLDEN, `${name}.txt`);
      if (UPDATE) writeFileSync(file, actual);
      assert.equal(actual, readFileSync(file, "utf8"));
      assert.doesNotMatch(actual, /never-shown/);
    });

  test("what is planted is what is found", async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const secrets = ["--secrets", "planted.json"];
    const plant = ["canary", "plant", "--url", `${url}/api/`, "--allow-methods", "all"];
    const planted = await shell.run([...plant, ...secrets]);
    assert.equal(planted.exitCode, 0, planted.stderr);
    const file = join(shell.root, "planted.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const document = JSON.parse(readFileSync(file, "utf8")) as {
      readonly marker: string;
      readonly secrets: readonly { readonly place: string; readonly value: string }[];
    };
    // The first asks without a secret whether anybody answers.
    assert.equal(received.length, document.secrets.length + 1);
    for (const request of received)
      assert.ok(request.includes(`/api/canary-${document.marker}`), request);

    const log = join(shell.root, "everything.log");
    writeFileSync(log, received.join("\n"), "latin1");
    const found = await shell.run(["canary", "check", log, ...secrets, "-o", "json"]);
    assert.equal(found.exitCode, 79, found.stderr);
    const report = JSON.parse(found.stdout) as {
      readonly leaks: readonly { readonly place: string }[];
      readonly marker_seen: boolean;
    };
    const places = new Set(report.leaks.map(({ place }) => place));
    assert.deepEqual([...places].sort(), document.secrets.map(({ place }) => place).sort());
    assert.equal(report.marker_seen, true);
    for (const { value } of document.secrets)
      assert.ok(!(planted.stdout + found.stdout + found.stderr).includes(value));

    const text = readFileSync(file, "utf8");
    const again = await shell.run([...plant, ...secrets]);
    assert.equal(again.exitCode, 73);
    assert.match(again.stderr, /planted\.json is there already/);
    assert.equal(readFileSync(file, "utf8"), text);

    writeFileSync(log, `GET /canary-${document.marker}`);
    const clean = await shell.run(["canary", "check", log, ...secrets]);
    assert.equal(clean.exitCode, 0, clean.stdout);
  });
});
