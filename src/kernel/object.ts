import koffi from "koffi";
import { ShadowtapError } from "../model/errors.ts";
import { errnoName } from "./errno.ts";
import { libbpf, type Pointer } from "./libbpf.ts";

const VERIFIER_LOG_BYTES = 1 << 20;
/** A load that takes longer is hanging in the kernel (an RCU stall cannot be interrupted). */
const LOAD_TIMEOUT_MS = 30_000;

/** A compiled BPF object: opened, configured, loaded, closed, in this order. */
export interface BpfObject {
  /** Bytes of a map's initial value, to write before the load: `.rodata` for constants. A view, not a copy. */
  initialValue(mapName: string): Uint8Array;
  /** Leaves out a program when loading. */
  leaveOut(programName: string): void;
  /** Loads every program that was not left out. Off the event loop, because the kernel may take its time. */
  load(): Promise<void>;
  mapFd(name: string): number;
  programFd(name: string): number;
  /** Maps and programs live on as long as a link or a descriptor of their own does. */
  [Symbol.dispose](): void;
}

/** Opens a `.bpf.o` file; nothing reaches the kernel yet. */
export function openObject(path: string): BpfObject {
  const lib = libbpf();
  const log = Buffer.alloc(VERIFIER_LOG_BYTES);
  const object: Pointer = lib.openFile(path, {
    sz: koffi.sizeof("st_object_open_opts"),
    object_name: null,
    relaxed_maps: false,
    pin_root_path: null,
    removed: 0,
    kconfig: null,
    btf_custom_path: null,
    kernel_log_buf: log,
    kernel_log_size: log.length,
    kernel_log_level: 0,
  });
  if (!object)
    throw new ShadowtapError(
      "ST_PROGRAM_MISSING",
      `${path} could not be opened as a BPF object (${errnoName(koffi.errno())}).`,
      ["Build the programs: `./scripts/build`."],
    );
  const mapOf = (name: string): Pointer => {
    const map = lib.findMap(object, name);
    if (!map) throw new Error(`${path} has no map ${name}`);
    return map;
  };
  const programOf = (name: string): Pointer => {
    const program = lib.findProgram(object, name);
    if (!program) throw new Error(`${path} has no program ${name}`);
    return program;
  };
  let isLoading = false;
  let isDisposed = false;
  return {
    initialValue(mapName) {
      const size = [0];
      const value = lib.mapInitialValue(mapOf(mapName), size);
      return new Uint8Array(koffi.view(value, Number(size[0] ?? 0)));
    },
    leaveOut(programName) {
      lib.setAutoload(programOf(programName), false);
    },
    async load() {
      isLoading = true;
      const result = await loadWithin(LOAD_TIMEOUT_MS, () =>
        callAsync(lib.load, object).finally(() => {
          isLoading = false;
          if (isDisposed) lib.close(object);
        }),
      );
      if (result < 0) throw refused(path, -result, log);
    },
    mapFd: (name) => lib.mapFd(mapOf(name)),
    programFd: (name) => lib.programFd(programOf(name)),
    [Symbol.dispose]() {
      if (isDisposed) return;
      isDisposed = true;
      // A load that was given up goes on in its thread, which must not find the object freed.
      if (!isLoading) lib.close(object);
    },
  };
}

function callAsync(
  call: { async: (...args: unknown[]) => void },
  ...args: unknown[]
): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, result: number) =>
      error ? reject(error) : resolve(result),
    );
  });
}

async function loadWithin(timeoutMs: number, load: () => Promise<number>): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ShadowtapError(
            "ST_PROGRAM_REFUSED",
            `The kernel has not answered the load of a BPF program for ${timeoutMs / 1000} s.`,
            ["Look for stalls in `dmesg`; another BPF load may be stuck."],
          ),
        ),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([load(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function refused(path: string, errno: number, log: Buffer): ShadowtapError {
  const name = errnoName(errno);
  const text = log.toString("latin1", 0, Math.max(0, log.indexOf(0)));
  if (name === "EPERM")
    return new ShadowtapError("ST_PERMISSION", "The kernel refused to load BPF programs (EPERM).", [
      "Run as root, or grant CAP_BPF and CAP_NET_ADMIN (before Linux 5.8: CAP_SYS_ADMIN).",
      "In a container, also check its seccomp profile and that /proc/sys/kernel/lockdown is off.",
    ]);
  const lastLines = text.trimEnd().split("\n").slice(-15).join("\n");
  return new ShadowtapError(
    "ST_PROGRAM_REFUSED",
    `The kernel refused to load ${path} (${name}).${lastLines ? `\nThe verifier's last words:\n${lastLines}` : ""}`,
    [
      ...(name === "EACCES"
        ? [
            "Grant CAP_PERFMON too, if it is missing: Linux 5.10 and 6.1 refuse without it what others take.",
          ]
        : []),
      "Run `shadowtap doctor` to see which hook this kernel can load, and try `--hook` with it.",
    ],
  );
}
