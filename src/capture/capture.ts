import { closeSync } from "node:fs";
import { join } from "node:path";
import { AttachError } from "../kernel/link.ts";
import { createMap, indexKey, MapType, updateMap } from "../kernel/map.ts";
import { type BpfObject, openObject } from "../kernel/object.ts";
import { createCleanup } from "../model/cleanup.ts";
import { ShadowtapError } from "../model/errors.ts";
import { addressBytes } from "./address.ts";
import { type AttachedHook, attachedOnce } from "./attached-hook.ts";
import { openControlMap } from "./control-map.ts";
import { createCostReader } from "./cost.ts";
import { type CounterReader, createCounterReader } from "./counters.ts";
import { createHeartbeat, HEARTBEAT_LIMIT_MS, type Heartbeat } from "./heartbeat.ts";
import { attachCgroupHook } from "./hook-cgroup.ts";
import type { HookPlan } from "./hook-plan.ts";
import { attachSocketHook } from "./hook-socket.ts";
import { attachTcHook, leaveOutUnused } from "./hook-tc.ts";
import { ST_CONFIG, ST_ENDPOINT, ST_LIMIT, ST_SCOPE, ST_SIDE } from "./layout.gen.ts";
import { openLocalAddressMap } from "./local-addresses.ts";
import { openRulesMap, type RulesMap } from "./rules-map.ts";

/** The compiled programs of a hook, where scripts/build-bpf leaves them: as far from src/ as from dist/. */
export function objectPath(hook: HookPlan["hook"], scans = true): string {
  const name = scans ? hook : `${hook}-without-scan`;
  return join(import.meta.dirname, `../../build/bpf/${name}.bpf.o`);
}

export interface CaptureOptions {
  readonly plan: HookPlan;
  /** `in`: what services here receive; `out`: what processes here send. */
  readonly direction: "in" | "out";
  /** Look into heads in the kernel, if it takes the program; without CAP_PERFMON it does not. */
  readonly wantsScan: boolean;
  /** One ring, and one payload process, each. */
  readonly ringCount: number;
  /** Bytes of one ring; a power of two and a multiple of the page size. */
  readonly ringBytes: number;
}

/** Programs and maps in the kernel. Disposing detaches; rings keep what they hold until their readers are gone. */
export interface Capture extends Disposable {
  /** Makes the capture live. */
  attach(): void;
  /** What is attached where, one line each. */
  readonly attachments: readonly string[];
  /** Captures on interfaces that have come since, where that is the hook's business; returns those that refused, with the reason. */
  follow(): readonly string[];
  /** Descriptors to hand to the payload processes: each its ring, all of them the two shared tables. */
  readonly ringFds: readonly number[];
  readonly ringControlFd: number;
  readonly ownTableFd: number;
  readonly counters: CounterReader;
  readonly rules: RulesMap;
  /** The kernel looks into heads; without it conditions on requests are decided in user space alone. */
  readonly scans: boolean;
  /** Of 2^32 request starts, so many are let through; 2^32 - 1: all. */
  admit(threshold: number): void;
  /** Run time of the programs so far, in seconds, estimated from one packet in 1,024. */
  kernelSeconds(): number;
  /** The addresses of the namespace, for the tc and socket hooks; the cgroup hook has no use for it. */
  setLocalAddresses(addresses: ReadonlySet<string>): void;
  /** Excludes a shadow target's address in the kernel. Adding it twice is fine. */
  addTarget(address: string, port: number): void;
  /** Stops the capture; idempotent. */
  detach(): void;
}

/** Loads the programs of the planned hook. Nothing is captured before there are rules, and `attach`. */
export async function loadCapture(options: CaptureOptions): Promise<Capture> {
  const { plan } = options;
  const owned = createCleanup();
  const attached = createCleanup();
  try {
    const { object, scans } = await loadPrograms(plan.hook, options.wantsScan, (loading) => {
      configure(loading, options);
      if (plan.hook === "tc") leaveOutUnused(loading, plan);
    });
    owned.defer(() => object[Symbol.dispose]());
    const ringFds = createRings(object, options);
    owned.defer(() => {
      for (const fd of ringFds) closeSync(fd);
    });
    const targetsFd = object.mapFd("st_targets");
    const control = openControlMap(object.mapFd("st_control"));
    const heartbeat = createHeartbeat(object.mapFd("st_beat"));
    const locals =
      plan.hook !== "cgroup" ? openLocalAddressMap(object.mapFd("st_locals")) : undefined;

    let hook: AttachedHook | undefined;

    owned.defer(() => attached.run());
    return {
      attach() {
        attached.defer(() => heartbeat[Symbol.dispose]());
        const live = attachHook(object, plan, heartbeat);
        hook = live;
        attached.defer(() => {
          hook = undefined;
          live[Symbol.dispose]();
        });
      },
      get attachments() {
        return hook?.attachments ?? [];
      },
      follow: () => hook?.follow() ?? [],
      ringFds,
      ringControlFd: object.mapFd("st_ring_ctl"),
      ownTableFd: object.mapFd("st_own"),
      counters: createCounterReader(object.mapFd("st_counters")),
      rules: openRulesMap(object, control),
      scans,
      admit: control.admit,
      kernelSeconds: createCostReader(object.mapFd("st_cost")),
      setLocalAddresses: (addresses) => locals?.replace(addresses),
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

/**
 * Loads a hook's programs with the scan of heads, and without it where the kernel refuses that: before Linux 5.12.
 * `prepare` configures the object before each attempt.
 */
export async function loadPrograms(
  hook: HookPlan["hook"],
  wantsScan: boolean,
  prepare: (object: BpfObject) => void = () => {},
): Promise<{ object: BpfObject; scans: boolean }> {
  const load = async (scans: boolean) => {
    const object = openObject(objectPath(hook, scans));
    try {
      constantsOf(object);
      prepare(object);
      await object.load();
      return { object, scans };
    } catch (error) {
      object[Symbol.dispose]();
      throw error;
    }
  };
  if (!wantsScan) return load(false);
  try {
    return await load(true);
  } catch (error) {
    if (!(error instanceof ShadowtapError) || error.code !== "ST_PROGRAM_REFUSED") throw error;
    return load(false);
  }
}

/** The constants of the programs; refuses programs of another build. */
function constantsOf(object: BpfObject): DataView {
  const constants = object.initialValue(".rodata");
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength);
  const abi = view.getUint32(ST_CONFIG.abi, true);
  if (constants.byteLength >= ST_CONFIG.sizeof && abi === ST_LIMIT.ST_ABI) return view;
  throw new ShadowtapError(
    "ST_LAYOUT_MISMATCH",
    `The compiled BPF programs speak version ${abi} of the contract, this build ${ST_LIMIT.ST_ABI}.`,
    ["Build both from the same sources: `./scripts/build`."],
  );
}

function attachHook(object: BpfObject, plan: HookPlan, heartbeat: Heartbeat): AttachedHook {
  try {
    switch (plan.hook) {
      case "cgroup":
        return attachedOnce(attachCgroupHook(object, plan));
      case "tc":
        return attachTcHook(object, plan, heartbeat);
      case "socket":
        return attachedOnce(attachSocketHook(object, plan));
    }
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
  EPERM: [
    "Another program may hold this cgroup for itself alone, or a capability is missing: CAP_NET_ADMIN, for --hook socket CAP_NET_RAW.",
  ],
  EBUSY: ["Four other shadowtaps are attached there already."],
  ENODEV: ["The interface has gone meanwhile."],
};

function configure(
  object: BpfObject,
  { plan, direction, ringCount, ringBytes }: CaptureOptions,
): void {
  const view = constantsOf(object);
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
  view.setUint32(
    ST_CONFIG.side,
    direction === "out" ? ST_SIDE.ST_CLIENT_SIDE : ST_SIDE.ST_SERVER_SIDE,
    true,
  );
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

function endpointKey(address: string, port: number): Uint8Array {
  const key = new Uint8Array(ST_ENDPOINT.sizeof);
  key.set(addressBytes(address), ST_ENDPOINT.addr);
  new DataView(key.buffer).setUint16(ST_ENDPOINT.port, port, true);
  return key;
}
