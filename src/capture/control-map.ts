import { mapShared, PAGE_BYTES } from "../kernel/memory.ts";
import { ST_CONTROL } from "./layout.gen.ts";

/** What the keeper changes while programs run: single stores into mapped memory. */
export interface ControlMap {
  /** Puts the rule set of this generation in force, in its slot. */
  enforce(generation: number): void;
  /** Of 2^32 request starts, so many are let through; 2^32 - 1: all. */
  admit(threshold: number): void;
}

export function openControlMap(mapFd: number): ControlMap {
  const words = new Uint32Array(mapShared(mapFd, 0, PAGE_BYTES, "readwrite"), 0, 2);
  const admitted = ST_CONTROL.admitted / 4;
  Atomics.store(words, admitted, 0xffffffff);
  return {
    enforce: (generation) => void Atomics.store(words, ST_CONTROL.generation / 4, generation),
    admit: (threshold) => void Atomics.store(words, admitted, threshold),
  };
}
