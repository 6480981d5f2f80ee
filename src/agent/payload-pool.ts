import { fork } from "node:child_process";
import { join, parse } from "node:path";
import type { Capture } from "../capture/capture.ts";
import { startWithoutPrivileges } from "../kernel/inheritance.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { RuleSet } from "../model/rule.ts";
import type { Target } from "../model/target.ts";
import { detectStyle } from "../report/style.ts";
import { createCpuShare } from "./cpu-share.ts";
import { emptyReport, endedReport } from "./ended-report.ts";
import type {
  KeeperMessage,
  PayloadConfig,
  PayloadMessage,
  PayloadReport,
  TargetState,
} from "./messages.ts";
import { processCpuSeconds, processRssBytes } from "./process-cost.ts";

/** With the same ending as this file: .ts in a checkout's tests, .js when built. */
const ENTRY = join(import.meta.dirname, `payload-process${parse(import.meta.filename).ext}`);

/**
 * SIGUSR1 would open a debugger in a process that sees payload. V8's own threads would compete with the live service, and a small
 * heap needs only the one that compiles; 0 would mean one for each CPU.
 */
const NODE_FLAGS = [
  "--disable-sigusr1",
  "--v8-pool-size=1",
  "--max-semi-space-size=4",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
];
/** How long a payload process may take to come up, and to report after its grace is over. */
const START_TIMEOUT_MS = 20_000;
const REPORT_TIMEOUT_MS = 5_000;

export interface PayloadPool {
  /** Gives every process these rules; resolves when all of them have them. The first call waits until they are up. */
  useRules(set: RuleSet, targets: readonly Target[]): Promise<void>;
  /** Something that needs no answer. */
  tell(
    message: Extract<KeeperMessage, { kind: "retire" | "share" | "pause" | "redaction_key" }>,
  ): void;
  /** CPU time of all processes so far, in seconds; what one that has gone used is left out. */
  cpuSeconds(): number;
  rssBytes(): number;
  /** Rejects when a process ends without being told to. */
  readonly died: Promise<never>;
  /** The latest report of each process. */
  reports(): readonly PayloadReport[];
  /** Lets every process finish what it has, and resolves with their final reports. Capture must be detached. */
  stop(graceMs: number): Promise<readonly PayloadReport[]>;
  /** Ends them now. */
  kill(): void;
}

export interface PayloadPoolHooks {
  onNotice(notice: string, server: string): void;
  onTargetState(targetIndex: number, state: TargetState, reason: string): void;
  /** A target's name has these addresses; returns those that may be connected to, which waits for it. */
  onResolved(targetIndex: number, addresses: readonly string[]): readonly string[];
  onStdoutClosed(): void;
  /** A payload process reported; `reports` has it. */
  onReport(reports: readonly PayloadReport[]): void;
}

/** What each of `workers` processes is told at its start. */
export function payloadConfigs(
  workers: number,
  config: Pick<PayloadConfig, "ringBytes" | "planning" | "output" | "redactionKey" | "user">,
): PayloadConfig[] {
  const { colour, unicode } = detectStyle(process.stdout, process.env);
  return Array.from({ length: workers }, (_, ringIndex) => ({
    ...config,
    ringIndex,
    workers,
    colour,
    unicode,
  }));
}

/** Starts one payload process per ring, with the ring's descriptors and nothing else of ours. */
export function startPayloadPool(
  configs: readonly PayloadConfig[],
  capture: Capture,
  hooks: PayloadPoolHooks,
): PayloadPool {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {}); // Whoever waits for it handles it; nobody may.
  const reports = () => processes.map((one) => one.report());
  const processes = configs.map((config) =>
    startPayloadProcess(
      config,
      capture,
      { ...hooks, onReport: () => hooks.onReport(reports()) },
      death.reject,
    ),
  );
  return {
    useRules: async (set, targets) => {
      await Promise.all(processes.map((one) => one.useRules(set, targets)));
    },
    tell(message) {
      for (const one of processes) one.tell(message);
    },
    cpuSeconds: () => processes.reduce((sum, one) => sum + processCpuSeconds(one.pid), 0),
    rssBytes: () => processes.reduce((sum, one) => sum + processRssBytes(one.pid), 0),
    died: death.promise,
    reports,
    stop: (graceMs) => Promise.all(processes.map((one) => one.stop(graceMs))),
    kill() {
      for (const one of processes) one.kill();
    },
  };
}

function startPayloadProcess(
  config: PayloadConfig,
  capture: Capture,
  hooks: Omit<PayloadPoolHooks, "onReport"> & { onReport(): void },
  onDeath: (error: ShadowtapError) => void,
) {
  const ringFd = capture.ringFds[config.ringIndex];
  if (ringFd === undefined) throw new Error(`there is no ring ${config.ringIndex}`);
  // Started by root, a payload process gives up root by itself; it must neither inherit nor find what would give it more.
  startWithoutPrivileges();
  const child = fork(ENTRY, [], {
    execArgv: NODE_FLAGS,
    // No NODE_OPTIONS, no secrets: only what resolving names may need.
    env: pick(process.env, ["PATH", "LANG", "RES_OPTIONS", "LOCALDOMAIN", "NODE_EXTRA_CA_CERTS"]),
    // A session of its own: the terminal's Ctrl-C is for the keeper, and the scheduler groups by session.
    detached: true,
    stdio: [
      "ignore",
      "inherit",
      "inherit",
      "ipc",
      ringFd,
      capture.ringControlFd,
      capture.ownTableFd,
    ],
  });
  const say = (message: KeeperMessage) => child.connected && child.send(message);
  const share = child.pid === undefined ? undefined : createCpuShare(child.pid);
  let report: PayloadReport = emptyReport();
  const ready = new Map<number, () => void>();
  const finalReport = Promise.withResolvers<PayloadReport>();
  const exited = Promise.withResolvers<void>();
  let stopping = false;

  child.on("message", (message: PayloadMessage) => {
    switch (message.kind) {
      case "rules_ready":
        ready.get(message.generation)?.();
        ready.delete(message.generation);
        return;
      case "resolved":
        say({
          kind: "admitted",
          id: message.id,
          addresses: hooks.onResolved(message.targetIndex, message.addresses),
        });
        return;
      case "notice":
        hooks.onNotice(message.notice, message.server);
        return;
      case "target_state":
        hooks.onTargetState(message.targetIndex, message.state, message.reason);
        return;
      case "yield":
        share?.yield(message.yielding);
        return;
      case "stdout_closed":
        hooks.onStdoutClosed();
        return;
      case "report":
        report = message.report;
        if (message.final) finalReport.resolve(report);
        hooks.onReport();
        return;
    }
  });
  child.once("error", (cause) => onDeath(died("could not be started", cause)));
  child.once("exit", (code, signal) => {
    share?.dispose();
    exited.resolve();
    // What it last said is all that is known.
    finalReport.resolve(endedReport(report));
    if (!stopping) onDeath(died(`ended unexpectedly (${signal ?? `exit code ${code}`})`));
  });
  say({ kind: "start", config });

  return {
    pid: child.pid ?? 0,
    useRules(set: RuleSet, targets: readonly Target[]): Promise<void> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(died(`did not take its rules within ${START_TIMEOUT_MS / 1000} s`)),
          START_TIMEOUT_MS,
        );
        ready.set(set.generation, () => {
          clearTimeout(timer);
          resolve();
        });
        say({ kind: "rules", set, targets });
      });
    },
    tell: say,
    report: () => report,
    async stop(graceMs: number) {
      stopping = true;
      say({ kind: "stop", graceMs });
      const overdue = setTimeout(() => child.kill("SIGKILL"), graceMs + REPORT_TIMEOUT_MS);
      const result = await finalReport.promise;
      await exited.promise;
      clearTimeout(overdue);
      return result;
    },
    kill() {
      stopping = true;
      child.kill("SIGKILL");
    },
  };
}

function died(how: string, cause?: unknown): ShadowtapError {
  return new ShadowtapError(
    "ST_PAYLOAD_PROCESS_DIED",
    `A payload process ${how}.`,
    [
      "The capture is detached and the live service is not affected.",
      "The ledger is that of its last report, so what came in its last second, or three at a low rate, is missing from it.",
      "Look above for its last words; `dmesg` tells whether the kernel ended it for want of memory.",
    ],
    cause,
  );
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (name in env ? [[name, env[name]]] : [])));
}
