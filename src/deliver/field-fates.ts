import type { TargetOptions } from "../model/target.ts";

/** What becomes of one header field. */
export const Fate = {
  keep: 0,
  drop: 1,
  host: 2,
  connection: 3,
  /** Makes retries of one request known to the server: the value gets a prefix. */
  key: 4,
  baggage: 5,
  traceparent: 6,
  tracestate: 7,
  /** Gets another value: see `Marks`. */
  newValue: 8,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

/** Fields of the client's connection (RFC 9110 section 7.6.1); the mark is set anew. */
const DROPPED = [
  "keep-alive",
  "proxy-connection",
  "upgrade",
  "expect",
  "x-shadow-request",
] as const;

/**
 * Fields whose value is how a server knows a request that it has done already. A field that serves to find a request in logs
 * (X-Request-Id, X-Correlation-Id) is none of them: it must stay the same for live and shadow to be compared.
 */
const KEYS = [
  // draft-ietf-httpapi-idempotency-key-header; Stripe, Adyen, Square and most others.
  "idempotency-key",
  "x-idempotency-key",
  "idempotence-key",
  "idempotency-token",
  "x-idempotency-token",
  "paypal-request-id",
  // OASIS Repeatable Requests 1.0, which Azure and Microsoft Graph speak.
  "repeatability-request-id",
] as const;

interface NamedFate {
  /** Lower case. */
  readonly name: Uint8Array;
  readonly fate: Fate;
}

/** Fate of the field whose name are the bytes from `start` to `end`. */
export type FateOf = (bytes: Uint8Array, start: number, end: number) => Fate;

/** Fates by the length of the name: most fields are kept after one look. What was said about a target goes before the rest. */
export function createFates({ setHeaders, removeHeaders }: TargetOptions): FateOf {
  const byLength: (NamedFate[] | undefined)[] = [];
  const addFate = (name: string, fate: Fate) => {
    const folded = Buffer.from(name.toLowerCase());
    const same = byLength[folded.length];
    if (same === undefined) byLength[folded.length] = [{ name: folded, fate }];
    else same.push({ name: folded, fate });
  };
  addFate("connection", Fate.connection);
  for (const name of DROPPED) addFate(name, Fate.drop);
  for (const name of removeHeaders) addFate(name, Fate.drop);
  for (const [name] of setHeaders) addFate(name, Fate.drop);
  addFate("host", Fate.host);
  for (const name of KEYS) addFate(name, Fate.key);
  addFate("baggage", Fate.baggage);
  addFate("traceparent", Fate.traceparent);
  addFate("tracestate", Fate.tracestate);

  return (bytes, start, end) => {
    const candidates = byLength[end - start];
    if (candidates === undefined) return Fate.keep;
    for (const candidate of candidates)
      if (isNamed(bytes, start, candidate.name)) return candidate.fate;
    return Fate.keep;
  };
}

/** Whether the bytes from `start` on are `lower`, whatever their case. */
export function isNamed(bytes: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) {
    let byte = bytes[start + i] as number;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lower[i]) return false;
  }
  return true;
}
