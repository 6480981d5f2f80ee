import { seen } from "../model/ledger.ts";
import { API_VERSION } from "../model/output.ts";
import type { GovernorStatus, RuleStatus, RunStatus, TargetStatus } from "../model/status.ts";
import { redactionDocument } from "./ledger-json.ts";
import { quantilesDocument, rounded } from "./quantiles.ts";

function ruleDocument({
  name,
  share,
  sampleBy,
  targets,
  ramp,
  redaction,
  ledger,
}: RuleStatus): object {
  return {
    name,
    share,
    sample_by: sampleBy,
    targets,
    ramp:
      ramp === undefined
        ? null
        : { step: ramp.step, steps: ramp.steps, state: ramp.state, reason: ramp.reason ?? null },
    redaction: redactionDocument(redaction),
    ledger,
  };
}

function targetDocument({ name, state, paused, ledger, latency }: TargetStatus): object {
  return { name, state, paused, ledger, latency: quantilesDocument(latency) };
}

function governorDocument(governor: GovernorStatus): object {
  return {
    max_cpu: governor.maxCpu ?? null,
    max_memory_bytes: governor.maxMemoryBytes ?? null,
    cpu: rounded(governor.cpu),
    kernel_cpu: rounded(governor.kernelCpu),
    memory_bytes: governor.memoryBytes,
    admitted: governor.admitted,
    lowest_admitted: governor.lowestAdmitted,
    limited_ms: rounded(governor.limitedMs),
    ring_used: rounded(governor.ringUsed),
    loop_lag_ms: rounded(governor.loopLagMs),
  };
}

/**
 * A run as it stands as one JSON document, `kind` RunStatus; its schema is docs/status.schema.json. On one line when many follow
 * each other. Ends with a line feed.
 */
export function statusJson(status: RunStatus, form: "document" | "line" = "document"): string {
  const document = {
    apiVersion: API_VERSION,
    kind: "RunStatus",
    pid: status.pid,
    version: status.version,
    started_at: status.startedAt,
    uptime_ms: rounded(status.uptimeMs),
    command: status.command,
    config_file: status.configFile ?? null,
    hook: status.hook,
    attachments: status.attachments,
    listeners: status.listeners,
    generation: status.generation,
    reload: status.reload ?? null,
    capture: { seen: seen(status.capture), ...status.capture },
    selection: status.selection,
    rules: status.rules.map(ruleDocument),
    targets: status.targets.map(targetDocument),
    governor: governorDocument(status.governor),
  };
  return `${JSON.stringify(document, undefined, form === "line" ? undefined : 2)}\n`;
}
