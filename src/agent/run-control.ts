import type { AuditCause, AuditRefusal } from "../model/audit.ts";
import type { Asker, Controlled } from "../model/control.ts";
import { codeOf, ShadowtapError } from "../model/errors.ts";
import type { RunConfig } from "../model/run-config.ts";
import { formatPercent } from "../report/quantity.ts";
import { describeRules } from "./audit/describe-rules.ts";
import type { AuditTrail } from "./audit/trail.ts";
import { startControl } from "./control/server.ts";
import { type Governance, govern } from "./govern.ts";
import type { LiveRun } from "./live-run.ts";
import { listenerText } from "./notices.ts";
import { keyText, watchRedactionKey } from "./redaction-key.ts";
import { createReloads, type Reloads } from "./reload.ts";
import { runStatus } from "./run-status.ts";
import { ownVersion } from "./version.ts";

/** What changes a run while it goes on. */
export interface RunControl {
  readonly governance: Governance;
  readonly reloads: Reloads;
}

/** Lets a run be governed by its cost, by its files, and by those who ask its admin socket; each change goes to the audit trail. */
export async function startRunControl(run: LiveRun): Promise<RunControl> {
  const { options, cleanup, screen, capture, pool, rules, audit } = run;
  const keyWatch = watchRedactionKey(
    options.config.redactionKeyFile,
    run.redactionKey,
    (next) => {
      pool.tell({ kind: "redaction_key", key: keyText(next) });
      audit.change({ kind: "file_watch" }, { what: "redaction_key" });
    },
    screen.say,
  );
  cleanup.defer(() => keyWatch[Symbol.dispose]());
  const governance = govern(options.config.limits, capture, pool, screen.say, (share) =>
    audit.change({ kind: "governor" }, { what: "admitted", share }),
  );
  cleanup.defer(() => governance[Symbol.dispose]());
  const reloads = createReloads({
    read: options.reload,
    file: options.configFile,
    watched: options.watchConfig,
    say: screen.say,
    use: (next) => rules.use(withinRun(next, rules.config), run.check),
    note(by, error) {
      const file = options.configFile ?? "";
      if (error === undefined)
        audit.change(by, { what: "rules", file, ...describeRules(rules.config) });
      else audit.refuse(by, refusalOf("rules", file, error));
    },
  });
  cleanup.defer(() => reloads[Symbol.dispose]());
  const control = await startControl(
    options.adminSocket,
    createControlled(run, { governance, reloads }),
  );
  cleanup.defer(() => control[Symbol.dispose]());
  if (control.reason !== undefined) screen.say(control.reason);
  return { governance, reloads };
}

function createControlled(run: LiveRun, { governance, reloads }: RunControl): Controlled {
  const { options, plan, targets, rules, screen, stop, audit } = run;
  return {
    status: () =>
      runStatus({
        ...run,
        version: ownVersion(),
        command: options.command,
        configFile: options.configFile,
        hook: plan.hook,
        listeners: run.listeners.map(listenerText),
        breakers: targets.breakers,
        paused: targets.paused,
        governance,
        reloads,
      }),
    pause(target, paused, by) {
      const what = paused ? "pause" : "resume";
      const line = recorded(audit, what, target, by, () => targets.pause(target, paused));
      audit.change(causeOf(by), { what, target });
      return line;
    },
    setShare(rule, share, by) {
      recorded(audit, "share", rule, by, () => rules.setShare(rule, share));
      audit.change(causeOf(by), { what: "share", rule, share, reason: null });
      const line = `Rule ${rule} is at ${formatPercent(share)} now.`;
      screen.say(line);
      return line;
    },
    reload: reloads.reload,
    stop(by) {
      stop.ask({ kind: "admin", ...by });
      return "Stopping.";
    },
  };
}

function causeOf(by: Asker | undefined): AuditCause {
  return { kind: "admin", ...by };
}

/** Does it; what is thrown goes to the trail as well. */
function recorded<T>(
  audit: AuditTrail,
  what: AuditRefusal["what"],
  subject: string,
  by: Asker | undefined,
  act: () => T,
): T {
  try {
    return act();
  } catch (error) {
    audit.refuse(causeOf(by), refusalOf(what, subject, error));
    throw error;
  }
}

function refusalOf(what: AuditRefusal["what"], subject: string, error: unknown): AuditRefusal {
  const code = error instanceof ShadowtapError ? error.code : codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return { what, subject, code, message: withoutValues(message) };
}

/** Mistakes in a rules file are told with the value that is one: the trail has only where they are. */
function withoutValues(message: string): string {
  const places = new Set([...message.matchAll(/^\s*(\S+:\d+:\d+): /gm)].map(([, place]) => place));
  return places.size === 0 ? message : `Mistakes at ${[...places].join(", ")}.`;
}

/** What a reload may not change, because the programs are attached already. */
function withinRun(next: RunConfig, now: RunConfig): RunConfig {
  for (const [what, of] of FIXED)
    if (JSON.stringify(of(next)) !== JSON.stringify(of(now)))
      throw new ShadowtapError(
        "ST_CONFIG_INVALID",
        `\`${what}\` has changed, and cannot while it runs.`,
        [
          "Undo that change, or start again: rules, targets and matching can be changed at any time.",
        ],
      );
  return next;
}

const FIXED: readonly (readonly [what: string, of: (config: RunConfig) => unknown])[] = [
  ["capture", ({ capture }) => capture],
  ["limits", ({ limits }) => limits],
  ["redaction.keyFile", ({ redactionKeyFile }) => redactionKeyFile],
  ["guard", ({ guard }) => guard],
];
