/** What shadowtap reads back of itself, whoever has written it: answers of the admin socket, questions to it, audit trails. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { verifyTrails } from "../../src/agent/audit/verify.ts";
import { exchange } from "../../src/agent/control/exchange.ts";
import { parseControlRequest } from "../../src/agent/control/parse-request.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { ELSEWHERE, runOf } from "../agent/audit/sample-trail.ts";
import { fuzz, pick, type Random } from "./target.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-fuzz-"));
const socketPath = join(directory, "socket");
const trailPath = join(directory, "trail");

/** What the other end of the admin socket says, whatever it is asked. */
let answer: Uint8Array = new Uint8Array(0);
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.end(answer);
}).listen(socketPath);
after(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const STATUS = {
  ok: true,
  status: {
    ...{ pid: 1, version: "0", listeners: [], attachments: [], rules: [], targets: [] },
    ...{ capture: {}, selection: {}, governor: {} },
  },
};
const VALUES = [null, true, 0, -1, 1e308, "", "status", [], {}, [[]], { ok: true }, STATUS];

/** Some JSON, which is nearly what is expected. */
function json(random: Random): string {
  const value = pick(random, [
    STATUS,
    { kind: "status" },
    { ok: false, code: "X", message: "m", hints: [] },
  ]);
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    random(3) === 0 ? pick(random, VALUES) : member,
  ]);
  return `${JSON.stringify(Object.fromEntries(entries))}${random(4) === 0 ? "" : "\n"}`;
}

const KINDS = ["status", "pause", "resume", "set_share", "reload", "stop", "toString", "__proto__"];

fuzz({
  name: "admin-answers",
  generate: (random) => Buffer.from(json(random)),
  async run(input) {
    answer = input;
    try {
      const answered = await exchange(socketPath, { kind: "status" }, 5_000);
      assert.ok("ok" in answered);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      assert.ok(["EPROTO", "ECONNRESET", "EPIPE", "EMSGSIZE"].includes(code ?? ""), String(error));
    }
  },
});

fuzz({
  name: "admin-questions",
  generate: (random) => {
    const question = {
      kind: pick(random, [...KINDS, ...VALUES]),
      target: pick(random, VALUES),
      rule: pick(random, VALUES),
      share: pick(random, [...VALUES, 0.5]),
    };
    return Buffer.from(JSON.stringify(question));
  },
  run(input) {
    const question = parseControlRequest(Buffer.from(input).toString("utf8"));
    if (question !== undefined) assert.ok(KINDS.slice(0, 6).includes(question.kind));
    if (question?.kind === "set_share") assert.ok(question.share >= 0 && question.share <= 1);
  },
});

const RUNS = [runOf(1), runOf(3, "r2"), runOf(6, "r3")].map((lines) => `${lines.join("\n")}\n`);
const LINES = new Set(RUNS.flatMap((run) => run.split("\n")));

fuzz({
  name: "audit-trails",
  generate: (random) =>
    Buffer.from(Array.from({ length: random(3) + 1 }, () => pick(random, RUNS)).join("")),
  async run(input) {
    writeFileSync(trailPath, input);
    try {
      const { entries, defects } = await verifyTrails(
        { files: [trailPath], last: undefined },
        ELSEWHERE,
      );
      const lines = Buffer.from(input).toString("latin1").split("\n");
      assert.ok(entries <= lines.length);
      // Sound is only what consists of lines as they were written.
      if (defects.length === 0) for (const line of lines) assert.ok(LINES.has(line), line);
    } catch (error) {
      assert.ok(error instanceof ShadowtapError, String(error));
      assert.equal(error.code, "ST_FILE_UNREADABLE");
    }
  },
});
