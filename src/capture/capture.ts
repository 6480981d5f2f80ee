import { closeSync } from "node:fs";
import { join } from "node:path";
import { AttachError, type Attachment } from "../kernel/link.ts";
import { createMap, indexKey, MapType, updateMap } from "../kernel/map.ts";
import { type BpfObject, openObject } from "../kernel/object.ts";
import { createCleanup } from "../model/cleanup.ts";
import { ShadowtapError } from "../model/errors.ts";
import { addressBytes } from "./address.ts";
import { type CounterReader, createCounterReader } from "./counters.ts";
import { createHeartbeat, HEARTBEAT_LIMIT_MS, type Heartbeat } from "./heartbeat.ts";
import { attachCgroupHook } from "./hook-cgroup.ts";
import type { HookPlan } from "./hook-plan.ts";
import { attachTcHook, leaveOutUnused } from "./hook-tc.ts";
import { ST_CONFIG, ST_ENDPOINT, ST_LIMIT, ST_PORT_SET, ST_SCOPE } from "./layout.gen.ts";

/** The compiled programs of a hook, where scripts/build-bpf leaves them: as far from src/ as from dist/. */
export function objectPath(hook: "cgroup" | "tc"): string {
  return join(import.meta.dirname, `../../build/bpf/${hook}.bpf.o`);
}

export interface CaptureOptions {
  readonly plan: HookPlan;
  readonly ports: readonly number[];
  /** One ring, and one payload process, each. */
  readonly ringCount: number;
  /** Bytes of one ring; a power of two and a multiple of the page size. */
  readonly ringBytes: number;
}

/** Programs and maps in the kernel. Disposing detaches; rings keep what they hold until their readers are gone. */
export interface Capture extends Disposable {
  /** Makes the capture live; returns what was attached where, one line each. */
  attach(): readonly string[];
  /** Descriptors to hand to the payload processes: each its ring, all of them the two shared tables. */
  readonly ringFds: readonly number[];
  readonly ringControlFd: number;
  readonly ownTableFd: number;
  readonly counters: CounterReader;
  /** Excludes a shadow target's address in the kernel. Adding it twice is fine. */
  addTarget(address: string, port: number): void;
  /** Stops the capture; idempotent. */
  detach(): void;
}

/** Loads the programs of the planned hook and fills their maps. Nothing is captured before `attach`. */
export async function loadCapture(options: CaptureOptions): Promise<Capture> {
  const { plan } = options;
  const owned = createCleanup();
  const attached = createCleanup();
  try {
    const object = openObject(objectPath(plan.hook));
    owned.defer(() => object[Symbol.dispose]());
    configure(object, options);
    if (plan.hook === "tc") leaveOutUnused(object, plan);
    await object.load();

    const ringFds = createRings(object, options);
    owned.defer(() => {
      for (const fd of ringFds) closeSync(fd);
    });
    updateMap(object.mapFd("st_ports"), indexKey(0), portSet(options.ports));
    const targetsFd = object.mapFd("st_targets");
    const counters = createCounterReader(object.mapFd("st_counters"));
    const heartbeat = createHeartbeat(object.mapFd("st_beat"));

    owned.defer(() => attached.run());
    return {
      attach() {
        attached.defer(() => heartbeat[Symbol.dispose]());
        const attachments = attachHook(object, plan, heartbeat);
        for (const attachment of attachments) attached.defer(() => attachment[Symbol.dispose]());
        return attachments.map((attachment) => attachment.description);
      },
      ringFds,
      ringControlFd: object.mapFd("st_ring_ctl"),
      ownTableFd: object.mapFd("st_own"),
      counters,
      addTarget: (address, port) =>
        updateMap(targetsFd, endpointKey(address, port), new Uint8Array(4)),
      detach: () => attached.run(),
      [Symbol.dispose]: () => owned.run(),
    };
  } catch (error) {
    owned.run();
    throw error;
  }
}

function attachHook(
  object: BpfObject,
  plan: HookPlan,
  heartbeat: Heartbeat,
): readonly Attachment[] {
  try {
    return plan.hook === "cgroup"
      ? attachCgroupHook(object, plan)
      : attachTcHook(object, plan, heartbeat);
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    const other = plan.hook === "cgroup" ? "tc" : "cgroup";
    throw new ShadowtapError(
      "ST_ATTACH_FAILED",
      `The ${plan.hook} programs could not be attached: ${error.message}.`,
      [
        ...(ATTACH_HINTS[error.errno] ?? []),
        `Try \`--hook ${other}\`; \`shadowtap doctor\` shows what each hook needs.`,
      ],
      error,
    );
  }
}

/** What an errno of attaching usually means. */
const ATTACH_HINTS: Readonly<Record<string, readonly string[]>> = {
  EPERM: ["Another program may hold this cgroup for itself alone, or CAP_NET_ADMIN is missing."],
  EBUSY: ["Four other shadowtaps are attached there already."],
  ENODEV: ["The interface has gone meanwhile."],
};

function configure(object: BpfObject, { plan, ringCount, ringBytes }: CaptureOptions): void {
  const constants = object.initialValue(".rodata");
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength);
  const abi = view.getUint32(ST_CONFIG.abi, true);
  if (constants.byteLength < ST_CONFIG.sizeof || abi !== ST_LIMIT.ST_ABI)
    throw new ShadowtapError(
      "ST_LAYOUT_MISMATCH",
      `The compiled BPF programs speak version ${abi} of the contract, this build ${ST_LIMIT.ST_ABI}.`,
      ["Build both from the same sources: `./scripts/build`."],
    );
  view.setBigUint64(
    ST_CONFIG.netns_cookie,
    plan.hook === "cgroup" ? (plan.namespaceCookie ?? 0n) : 0n,
    true,
  );
  view.setBigUint64(
    ST_CONFIG.heartbeat_limit_ns,
    plan.hook === "tc" ? BigInt(HEARTBEAT_LIMIT_MS) * 1_000_000n : 0n,
    true,
  );
  view.setUint32(ST_CONFIG.scope, ST_SCOPE[plan.scope], true);
  view.setUint32(ST_CONFIG.ring_count, ringCount, true);
  view.setUint32(ST_CONFIG.ring_bytes, ringBytes, true);
  view.setUint32(
    ST_CONFIG.has_netns_cookie,
    plan.hook === "cgroup" && plan.knowsNamespace ? 1 : 0,
    true,
  );
}

function createRings(object: BpfObject, { ringCount, ringBytes }: CaptureOptions): number[] {
  const fds: number[] = [];
  for (let index = 0; index < ringCount; index++) {
    const fd = createMap(MapType.ringbuf, `st_ring_${index}`, 0, 0, ringBytes);
    fds.push(fd);
    const value = new Uint8Array(Uint32Array.of(fd).buffer);
    updateMap(object.mapFd("st_rings"), indexKey(index), value);
  }
  return fds;
}

function portSet(ports: readonly number[]): Uint8Array {
  const set = new Uint8Array(ST_PORT_SET.sizeof);
  for (const port of ports) set[port >> 3] = (set[port >> 3] ?? 0) | (1 << (port & 7));
  return set;
}

function endpointKey(address: string, port: number): Uint8Array {
  const key = new Uint8Array(ST_ENDPOINT.sizeof);
  key.set(addressBytes(address), ST_ENDPOINT.addr);
  new DataView(key.buffer).setUint16(ST_ENDPOINT.port, port, true);
  return key;
}
