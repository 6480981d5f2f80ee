import { readdirSync, readFileSync } from "node:fs";
import koffi from "koffi";
import { addressOf } from "../../src/kernel/libc.ts";
import { loadedPrograms } from "./bpf.ts";

const run = koffi
  .load("libbpf.so.1")
  .func("int bpf_prog_test_run_opts(int program, uintptr_t options)");

/** struct bpf_test_run_opts of libbpf's bpf.h. */
const OPTIONS = {
  sizeof: 80,
  dataIn: 8,
  dataOut: 16,
  sizeIn: 24,
  sizeOut: 28,
  verdict: 56,
  repeat: 60,
} as const;
const PAGE_BYTES = 4_096;

/** What a program made of a packet. */
export interface ProgramRun {
  readonly verdict: number;
  /** The packet as the program left it. */
  readonly packet: Uint8Array;
}

/** Descriptors of the programs that this process has loaded, by name. */
export function ownPrograms(): Map<string, number> {
  const names = new Map(loadedPrograms().map(({ id, name }) => [id, name]));
  const programs = new Map<string, number>();
  for (const fd of readdirSync("/proc/self/fdinfo")) {
    const id = /^prog_id:\s+(\d+)/m.exec(read(`/proc/self/fdinfo/${fd}`))?.[1];
    const name = names.get(Number(id));
    if (name !== undefined) programs.set(name, Number(fd));
  }
  return programs;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The descriptor that the folder was listed by.
    return "";
  }
}

/** Runs packets of at most `maxBytes` through programs, in the kernel (BPF_PROG_TEST_RUN). */
export function createProgramRunner(maxBytes: number) {
  // A page more than is needed: V8 moves smaller arrays.
  const options = new Uint8Array(PAGE_BYTES);
  const dataIn = new Uint8Array(maxBytes + PAGE_BYTES);
  const dataOut = new Uint8Array(maxBytes + PAGE_BYTES);
  const view = new DataView(options.buffer);
  /** Undefined when the kernel refuses to run such a packet. */
  return (program: number, packet: Uint8Array): ProgramRun | undefined => {
    dataIn.set(packet);
    options.fill(0, 0, OPTIONS.sizeof);
    view.setBigUint64(0, BigInt(OPTIONS.sizeof), true);
    view.setBigUint64(OPTIONS.dataIn, BigInt(addressOf(dataIn)), true);
    view.setBigUint64(OPTIONS.dataOut, BigInt(addressOf(dataOut)), true);
    view.setUint32(OPTIONS.sizeIn, packet.length, true);
    view.setUint32(OPTIONS.sizeOut, dataOut.length, true);
    view.setUint32(OPTIONS.repeat, 1, true);
    if (run(program, addressOf(options)) < 0) return undefined;
    const bytes = view.getUint32(OPTIONS.sizeOut, true);
    return { verdict: view.getUint32(OPTIONS.verdict, true), packet: dataOut.slice(0, bytes) };
  };
}
