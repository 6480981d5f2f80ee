import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cgroupProgramsKnowNamespace } from "../../src/kernel/probe.ts";
import { add, type CaptureLedger, createCaptureLedger } from "../../src/model/ledger.ts";
import { type BodyServer, startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { faults, type Mirror, type MirrorResult, startMirror } from "../lab/mirror.ts";
import { until } from "../lab/wait.ts";
import type { Peer, PeerOptions } from "../lab/wire/peer.ts";
import { openWire, type Wire } from "../lab/wire/wire.ts";

export const PORT = 8080;

type WireHook = "cgroup" | "tc" | "socket";

/** The hooks that this kernel has for one network namespace. */
const WIRE_HOOKS: readonly WireHook[] = [
  ...(cgroupProgramsKnowNamespace() ? (["cgroup"] as const) : []),
  "tc",
  "socket",
];

export const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: live\r\n\r\n`;

export function post(path: string, body: Uint8Array): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: live\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** How what a shadow gets differs from what the live server acted on, with some hooks (all, unless told), and how that is counted. */
interface Difference {
  readonly hooks?: readonly WireHook[];
  /** Paths that the shadow does not get. */
  readonly missed?: readonly string[];
  /** Paths of GET requests that only the shadow gets. */
  readonly added?: readonly string[];
  readonly lost?: Partial<CaptureLedger["lost"]>;
  readonly malformed?: Partial<CaptureLedger["malformed"]>;
  readonly skipped?: Partial<CaptureLedger["skipped"]>;
}

interface Watcher {
  readonly hook: WireHook;
  readonly shadow: BodyServer;
  readonly mirror: Mirror;
  readonly missed: Set<string>;
  readonly added: string[];
  readonly expected: CaptureLedger;
}

/**
 * A live server at the end of a wire of ours, and a mirror with each hook, all of the same traffic: whatever comes over the
 * wire, each shadow must get the requests that the live server acted on, and each ledger must say what it did not.
 */
export interface WireBench extends AsyncDisposable {
  readonly lab: Lab;
  readonly live: BodyServer;
  connect(options?: PeerOptions): Promise<Peer>;
  /** Waits until the shadows have what the live server was sent under `prefix`, and nothing else. */
  mirrored(prefix: string, ...differences: Difference[]): Promise<void>;
  /** Paths of what the live server read to its end under `prefix`, in that order. */
  actedOn(prefix: string): string[];
  /** Ends the mirrors, and looks at what they got and counted over the whole run. */
  finish(): Promise<void>;
}

type Received = ReturnType<BodyServer["requests"]>;

/** Requests that a server read to their ends, in an order that two servers share. */
function acted(requests: Received, prefix: string): string[] {
  return requests
    .filter(({ url, complete }) => complete && url.startsWith(prefix))
    .map(({ method, url, bodyBytes, bodySha256 }) => `${url} ${method} ${bodyBytes} ${bodySha256}`)
    .sort();
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((entry, index) => entry === other[index]);

export async function createWireBench(): Promise<WireBench> {
  const lab = await createLab();
  let wire: Wire | undefined;
  try {
    wire = await openWire(lab);
    const live = await startBodyServer(lab, lab.live, { port: PORT });
    const watchers: Watcher[] = [];
    // One after the other: an emulated machine is slow enough as it is.
    for (const [index, hook] of WIRE_HOOKS.entries())
      watchers.push(await watch(lab, hook, PORT + 1 + index));
    return wireBench(lab, wire, live, watchers);
  } catch (error) {
    wire?.[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

async function watch(lab: Lab, hook: WireHook, shadowPort: number): Promise<Watcher> {
  const shadow = await startBodyServer(lab, lab.shadow, { port: shadowPort });
  const target = `http://${ADDRESS.shadow.v4}:${shadowPort}`;
  const which = ["--port", String(PORT), "--to", target, "--hook", hook];
  const mirror = await startMirror(lab, lab.live, [...which, "--allow-methods", "all"]);
  return { hook, shadow, mirror, missed: new Set(), added: [], expected: createCaptureLedger() };
}

/** SHA-256 of nothing. */
const NO_BODY = createHash("sha256").digest("hex");

function expectDifference({ missed, added, expected }: Watcher, difference: Difference): void {
  for (const path of difference.missed ?? []) missed.add(path);
  added.push(...(difference.added ?? []));
  const { lost = {}, malformed = {}, skipped = {} } = difference;
  add(expected, { lost, malformed, skipped } as CaptureLedger);
}

function wireBench(
  lab: Lab,
  wire: Wire,
  live: BodyServer,
  watchers: readonly Watcher[],
): WireBench {
  const due = ({ missed, added }: Watcher, prefix: string) =>
    acted(live.requests(), prefix)
      .filter((entry) => !missed.has(entry.split(" ")[0] ?? ""))
      .concat(
        added.filter((path) => path.startsWith(prefix)).map((path) => `${path} GET 0 ${NO_BODY}`),
      )
      .sort();

  return {
    lab,
    live,
    connect: (options) => wire.connect(PORT, options),
    actedOn: (prefix) =>
      live
        .requests()
        .filter(({ url, complete }) => complete && url.startsWith(prefix))
        .map(({ url }) => url),
    async mirrored(prefix, ...differences) {
      for (const difference of differences)
        for (const watcher of watchers)
          if (difference.hooks?.includes(watcher.hook) !== false)
            expectDifference(watcher, difference);
      for (const watcher of watchers) {
        const wanted = due(watcher, prefix);
        const got = () => acted(watcher.shadow.requests(), prefix);
        await until(
          () => isSame(got(), wanted),
          5_000,
          () => `${watcher.hook}: the shadow got\n${got().join("\n")}\nnot\n${wanted.join("\n")}`,
        );
      }
    },
    async finish() {
      const stopped = watchers.map(async (watcher) => check(watcher, await watcher.mirror.stop()));
      await Promise.all(stopped);
    },
    async [Symbol.asyncDispose]() {
      wire[Symbol.dispose]();
      await lab[Symbol.asyncDispose]();
    },
  };

  function check(watcher: Watcher, result: MirrorResult): void {
    const { hook, expected, shadow } = watcher;
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(faults(result.summary), [], hook);
    const wanted = due(watcher, "/");
    const { seen: _, ...counted } = result.summary.ledger.capture;
    const { estimated } = counted;
    assert.deepEqual(counted, { ...expected, decoded: wanted.length, estimated }, hook);
    assert.deepEqual(acted(shadow.requests(), "/"), wanted, hook);
  }
}
