/** The client of a soak: a process of its own in the client's namespace. Told `run` and `rest` by IPC; answers a rest with a report. */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadReport } from "./history.ts";

const [, , url = ""] = process.argv;
const MAX_FAILURES = 5;
const REQUEST_TIMEOUT_MS = 20_000;
const BODY = randomBytes(3 * 1024 * 1024);

let latenciesMs: number[] = [];
let answered = 0;
let failed = 0;
let failures: string[] = [];
let underWay = 0;
let isRunning = false;
let onChange = (): void => {};

function changed(): void {
  const tell = onChange;
  onChange = () => {};
  tell();
}

/** Sends one request, its body in pieces with pauses in between, and reads the answer to its end. */
async function send(
  agent: Agent | false,
  method: string,
  path: string,
  chunks: readonly Uint8Array[] = [],
  pauseMs?: number,
): Promise<void> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const headers =
    pauseMs === undefined && length > 0 ? { "content-length": `${length}` } : ({} as object);
  const startedAt = performance.now();
  underWay += 1;
  try {
    await new Promise<void>((resolve, reject) => {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const options = { method, agent, signal, headers: { "x-kind": method, ...headers } };
      const outgoing = request(url + path, options, (response) => {
        const status = response.statusCode ?? 0;
        response.once("error", reject);
        response.once("end", () =>
          status < 400 ? resolve() : reject(new Error(`${method} ${path}: status ${status}`)),
        );
        response.resume();
      });
      outgoing.once("error", reject);
      void (async () => {
        for (const chunk of chunks) {
          outgoing.write(chunk);
          if (pauseMs !== undefined) await delay(pauseMs);
        }
        outgoing.end();
      })();
    });
    answered += 1;
    if (length === 0) latenciesMs.push(performance.now() - startedAt);
  } catch (error) {
    failed += 1;
    if (failures.length < MAX_FAILURES) failures.push(String(error));
  }
  underWay -= 1;
  changed();
}

/** Repeats as long as the load runs; waits while it rests. */
async function repeat(work: () => Promise<void>, pauseMs: () => number): Promise<never> {
  for (;;) {
    if (isRunning) await work();
    await delay(isRunning ? pauseMs() : 20);
  }
}

function between(low: number, high: number): number {
  return low + Math.random() * (high - low);
}

function piece(bytes: number): Uint8Array {
  const start = Math.floor(Math.random() * (BODY.length - bytes));
  return BODY.subarray(start, start + bytes);
}

const keepAlive = () => new Agent({ keepAlive: true, maxSockets: 1 });

function actors(): void {
  for (let actor = 0; actor < 6; actor++) {
    const agent = keepAlive();
    let turn = 0;
    void repeat(
      () => send(agent, turn++ % 5 === 0 ? "HEAD" : "GET", `/items/${actor}?turn=${turn}`),
      () => between(20, 80),
    );
  }
  for (let actor = 0; actor < 2; actor++)
    void repeat(
      () => send(false, "GET", `/short/${actor}`),
      () => between(50, 150),
    );
  const big = keepAlive();
  void repeat(
    () => send(big, "PUT", "/up/big", [piece(Math.floor(between(64 * 1024, BODY.length)))]),
    () => between(200, 400),
  );
  const chunked = keepAlive();
  void repeat(
    () => {
      const pieces = Array.from({ length: 8 }, () => piece(Math.floor(between(1, 40_000))));
      return send(chunked, "PUT", "/up/chunked", pieces, 10);
    },
    () => between(100, 300),
  );
  const seldom = keepAlive();
  void repeat(
    () => send(seldom, "GET", "/seldom"),
    () => between(2_000, 4_000),
  );
}

/** The value below which `share` of the sorted values lie; 0 without values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function rest(): Promise<LoadReport> {
  isRunning = false;
  while (underWay > 0)
    await new Promise<void>((resolve) => {
      onChange = resolve;
    });
  const sorted = latenciesMs.sort((a, b) => a - b);
  const report = {
    answered,
    failed,
    failures,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
  [latenciesMs, answered, failed, failures] = [[], 0, 0, []];
  return report;
}

process.on("message", (word) => {
  if (word === "run") isRunning = true;
  else void rest().then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit(0));
actors();
