const KIB = 1024;
const HOUR_MS = 3_600_000;

/** The least and the most of every quantity, the same for flags and rules files. Both are allowed. */
export const LIMITS = {
  ringBytes: [64 * KIB, KIB ** 3],
  timeoutMs: [1, HOUR_MS],
  durationMs: [1, 365 * 24 * HOUR_MS],
  rampMs: [1000, 7 * 24 * HOUR_MS],
  redactedBodyBytes: [1, 256 * KIB ** 2],
  bytesPerSecond: [KIB, KIB ** 4],
  memoryBytes: [64 * KIB ** 2, KIB ** 4],
  requestsPerSecond: [0.001, 1e7],
  inFlight: [1, 1e6],
  count: [1, 1e15],
  workers: [1, 64],
  pipeline: [1, 1024],
  cpuPercent: [1, 6400],
  rampSteps: [1, 1000],
  fraction: [1, 1e9],
  pid: [1, 4_194_304],
} as const;
