import type { Checkpoint, History, Sample } from "../../scripts/soaking/history.ts";
import { createCaptureLedger, createTargetLedger } from "../../src/model/ledger.ts";

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const LOAD = { answered: 6_000, failed: 0, failures: [], p50Ms: 1, p99Ms: 8 };
const NOTHING = { programs: 0, maps: 0, links: 0 };

/** Resident memory after so many minutes, in MiB; a sawtooth on a level that does not change unless told. */
export type MemoryAt = (minute: number) => number;
const level: MemoryAt = (minute) => 100 + ((minute * 7.3) % 10) + Math.min(minute, 3) * 5;

function samplesOf(minutes: number, memoryAt: MemoryAt): Sample[] {
  return Array.from({ length: minutes * 20 }, (_, index) => {
    const atMs = (index * MINUTE_MS) / 20;
    const process = (name: string) => ({
      name,
      rssBytes: memoryAt(atMs / MINUTE_MS) * MIB,
      files: 30,
    });
    return { atMs, processes: [process("keeper"), process("payload")], loopLagMs: index % 7 };
  });
}

function checkpointAt(minute: number): Checkpoint {
  const capture = createCaptureLedger();
  capture.decoded = minute * 6_000;
  const target = createTargetLedger();
  target.delivered = minute * 5_900;
  const process = (name: string) => ({ name, rssBytes: 100 * MIB, files: 30 + (minute % 2) });
  return {
    atMs: minute * MINUTE_MS,
    load: { ...LOAD, p99Ms: 8 + (minute % 3) },
    served: minute * 6_000,
    seen: minute * 6_000,
    capture,
    target,
    imbalance: [],
    processes: [process("keeper"), process("payload")],
    objects: { programs: 2, maps: 18, links: 2 },
  };
}

/** A soak in which all went well, as long as nothing else is said. */
export function aHistory(
  overrides: Partial<History> = {},
  { minutes = 30, memoryAt = level }: { minutes?: number; memoryAt?: MemoryAt } = {},
): History {
  return {
    startedAt: new Date("2026-01-02T06:31:00Z"),
    durationMs: minutes * MINUTE_MS,
    intervalMs: MINUTE_MS,
    control: LOAD,
    warmUpLoads: [LOAD],
    samples: samplesOf(minutes, memoryAt),
    checkpoints: Array.from({ length: minutes }, (_, index) => checkpointAt(index + 1)),
    disturbances: [{ atMs: MINUTE_MS, kind: "reload", fault: undefined }],
    silences: [],
    end: {
      exitCode: 0,
      imbalance: [],
      seen: minutes * 6_000,
      served: minutes * 6_000,
      delivered: minutes * 5_900,
      cpuSeconds: 12,
      leftBehind: NOTHING,
      stderr: "",
    },
    ...overrides,
  };
}

/** The same with one rest point changed. */
export function withCheckpoint(index: number, change: Partial<Checkpoint>): History {
  const history = aHistory();
  return {
    ...history,
    checkpoints: history.checkpoints.map((one, at) => (at === index ? { ...one, ...change } : one)),
  };
}
