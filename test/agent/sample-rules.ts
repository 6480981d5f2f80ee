import { NO_REDACTION } from "../../src/model/redaction.ts";
import { MATCH_ALL, type Ramp } from "../../src/model/rule.ts";
import type { RuleSpec, RunConfig } from "../../src/model/run-config.ts";
import type { Target } from "../../src/model/target.ts";

const NO_BUDGET = { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined };

export const RAMP: Ramp = { from: 0.01, to: 0.5, overMs: 60_000, steps: 5, guard: undefined };

/** A target whose name is its host. */
export function target(name: string, port = 80): Target {
  return {
    name,
    tls: false,
    host: name,
    port,
    authority: name,
    pathPrefix: "",
    options: {
      hostPolicy: { kind: "keep" },
      setHeaders: [],
      removeHeaders: [],
      timeoutMs: 1000,
      pipeline: 1,
      ca: undefined,
      insecure: false,
      budget: NO_BUDGET,
    },
  };
}

/** A rule that takes every GET of port 80. */
export function spec(name: string, changes: Partial<RuleSpec> = {}): RuleSpec {
  return {
    name,
    from: {
      ports: [{ first: 80, last: 80 }],
      local: [],
      exceptLocal: [],
      remote: [],
      exceptRemote: [],
      users: [],
      cgroups: [],
      containers: [],
      pids: [],
      executables: [],
    },
    match: MATCH_ALL,
    methods: ["GET"],
    share: 1,
    sampleBy: { kind: "request" },
    ramp: undefined,
    budget: NO_BUDGET,
    count: undefined,
    redact: NO_REDACTION,
    choseRedaction: false,
    targets: [target("shadow")],
    ...changes,
  };
}

export function config(...rules: readonly RuleSpec[]): RunConfig {
  return {
    capture: {
      hook: "auto",
      interfaces: [],
      scope: { kind: "own" },
      direction: "in",
      workers: 1,
      ringBytes: 1 << 20,
    },
    matching: "first",
    rules,
    limits: { maxCpu: undefined, maxMemoryBytes: undefined },
    guard: { allowTargets: undefined, ttlMs: undefined, stopFile: undefined, user: undefined },
    redactionKeyFile: undefined,
  };
}
