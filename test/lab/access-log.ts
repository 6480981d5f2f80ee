import { wholeLines } from "./whole-lines.ts";

/** One request as a server logged it: the outside truth that the ledger is held against. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly uri: string;
  /** Value of X-Shadow-Request, "-" when there is none. */
  readonly marker: string;
  /** Value of Content-Length, "-" when there is none. */
  readonly contentLength: string;
  readonly status: number;
}

/** Reads a log of five fields, separated by tabs, as both servers are told to write it. */
export function readAccessLog(path: string): LoggedRequest[] {
  return wholeLines(path).map((line) => {
    const [method = "", uri = "", marker = "", contentLength = "", status = ""] = line.split("\t");
    return { method, uri, marker, contentLength, status: Number(status) };
  });
}

/** How often each method and URI was logged: what must be equal on both sides. */
export function tally(requests: readonly LoggedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, uri } of requests) {
    const key = `${method} ${uri}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
