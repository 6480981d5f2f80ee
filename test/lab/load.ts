import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host, Lab } from "./lab.ts";
import type { Finished } from "./process.ts";

/** What a load generator counted and timed itself. */
export interface LoadResult {
  /** Requests with a complete, successful answer. */
  readonly requests: number;
  /** Requests that it started and that got no such answer. */
  readonly failed: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function check(name: string, { code, stdout, stderr }: Finished): string {
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

function number(pattern: RegExp, text: string): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

/** The value below which `share` of the sorted values lie. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface PacedLoad {
  readonly url: string;
  readonly connections: number;
  /** Over all connections. */
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Sends POST with this file as body. */
  readonly bodyFile?: string;
  /** `name: value` lines of every request. */
  readonly headers?: readonly string[];
}

/** h2load over HTTP/1.1 at a fixed rate. Latencies come from its log of every request. */
export async function paced(lab: Lab, host: Host, load: PacedLoad): Promise<LoadResult> {
  const log = join(lab.dir, `h2load-${lab.next()}.log`);
  const total = Math.round(load.requestsPerSecond * load.seconds);
  const args = ["--h1", "-t1", `-c${load.connections}`, `-n${total}`, `--log-file=${log}`];
  args.push(`--rps=${load.requestsPerSecond / load.connections}`);
  // Of an IPv6 address it would make a Host without brackets, which nginx refuses.
  args.push("-H", ":authority: live");
  for (const header of load.headers ?? []) args.push("-H", header);
  if (load.bodyFile !== undefined) args.push(`--data=${load.bodyFile}`);
  const text = check(
    "h2load",
    await host.run("h2load", [...args, load.url], load.seconds * 3_000 + 10_000),
  );
  const latenciesMs = readFileSync(log, "latin1")
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(line.split("\t")[2]) / 1_000)
    .sort((a, b) => a - b);
  rmSync(log);
  const requests = number(/(\d+) succeeded/, text);
  return {
    requests,
    failed: number(/requests: (\d+) total/, text) - requests,
    requestsPerSecond: number(/([\d.]+) req\/s/, text),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

function milliseconds(value: string): number {
  const amount = Number.parseFloat(value);
  if (value.endsWith("us")) return amount / 1_000;
  return value.endsWith("ms") ? amount : amount * 1_000;
}

export interface FullLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Each connection waits this long between requests; 0 unless told. */
  readonly pauseMs?: number;
}

/** wrk: as fast as it goes, or with a pause. */
export async function full(lab: Lab, host: Host, load: FullLoad): Promise<LoadResult> {
  const args = ["-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--latency"];
  if (load.pauseMs !== undefined) {
    const script = join(lab.dir, `wrk-${lab.next()}.lua`);
    writeFileSync(script, `function delay() return ${load.pauseMs} end\n`);
    args.push("-s", script);
  }
  const text = check(
    "wrk",
    await host.run("wrk", [...args, load.url], load.seconds * 2_000 + 10_000),
  );
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const non2xx = number(/Non-2xx or 3xx responses: (\d+)/, text) || 0;
  const failed = (errors ?? []).slice(1).reduce((sum, count) => sum + Number(count), non2xx);
  return {
    requests: number(/(\d+) requests in/, text) - non2xx,
    failed,
    requestsPerSecond: number(/Requests\/sec: +([\d.]+)/, text),
    p50Ms: milliseconds(/50% +([\d.a-z]+)/.exec(text)?.[1] ?? ""),
    p99Ms: milliseconds(/99% +([\d.a-z]+)/.exec(text)?.[1] ?? ""),
  };
}

/** ApacheBench: HTTP/1.0, one connection a request unless `keepAlive`. Returns how many requests were answered. */
export async function bench10(
  host: Host,
  load: { url: string; connections: number; requests: number; keepAlive?: boolean },
): Promise<number> {
  const args = ["-q", "-n", String(load.requests), "-c", String(load.connections)];
  if (load.keepAlive === true) args.push("-k");
  const text = check("ab", await host.run("ab", [...args, load.url]));
  return number(/Complete requests: +(\d+)/, text);
}

/** curl, quietly; returns what it printed. */
export async function curl(host: Host, ...args: string[]): Promise<string> {
  return check("curl", await host.run("curl", ["-sS", "--globoff", "--max-time", "15", ...args]));
}
