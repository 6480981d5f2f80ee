import { z } from "zod";
import { API_VERSION } from "../../model/output.ts";
import { MAX_RULES } from "../../model/rule.ts";
import { HOOK_CHOICES } from "../../model/run-config.ts";
import { LIMITS } from "./limits.ts";
import { guardSchema } from "./schema-guard.ts";
import {
  absolutePath,
  container,
  copyField,
  duration,
  fieldValue,
  hostPolicy,
  integer,
  interfaceName,
  latencyBound,
  method,
  mirrorName,
  network,
  number,
  percent,
  ports,
  ratioBound,
  sampleBy,
  size,
  targetName,
  text,
  truth,
  user,
} from "./schema-leaves.ts";
import { matchSchema } from "./schema-match.ts";
import { redactionSchema, redactSchema } from "./schema-redaction.ts";

/** The shape of a rules file; docs/rules.md says what it means, docs/config.schema.json is made of it. */

const MAX_ENTRIES = 4096;
const MAX_TARGETS = 64;

/** Of one entry or a list of them. */
const ONE_OR_LIST = { error: "a mapping, or a list of them" };

const list = <T extends z.ZodType>(one: T, description: string) =>
  z.array(one).max(MAX_ENTRIES).describe(description);

const capture = z
  .strictObject({
    hook: z
      .enum(HOOK_CHOICES)
      .describe("Where in the kernel to capture. Default: auto.")
      .optional(),
    interfaces: list(
      interfaceName,
      "Interfaces for the tc and socket hooks; without it every one that is up.",
    ).optional(),
    direction: z
      .enum(["in", "out"])
      .describe("in (default): requests that services here receive; out: that processes here send.")
      .optional(),
    netns: text("the path of a network namespace", "Capture this network namespace.").optional(),
    cgroup: text("the path of a cgroup", "Capture the sockets of this cgroup.").optional(),
    container: container.describe("Capture the sockets of this container.").optional(),
    allNamespaces: z.literal(true).describe("Capture every network namespace.").optional(),
    workers: integer(...LIMITS.workers, "Processes that read and send. Default: 1.").optional(),
    ringSize: size(
      "64KiB to 1GiB",
      ...LIMITS.ringBytes,
      "Memory between kernel and shadowtap, over all workers. Default: 16MiB.",
    ).optional(),
  })
  .describe("How traffic is captured. Changes need a restart.");

const from = z
  .strictObject({
    ports: z.array(ports).min(1).max(MAX_ENTRIES).describe("Ports of the live service."),
    local: list(network, "Networks of the service's own address.").optional(),
    remote: list(network, "Networks of the other side's address.").optional(),
    exceptLocal: list(network, "Not these networks of the service's own address.").optional(),
    exceptRemote: list(network, "Not these networks of the other side's address.").optional(),
    users: list(user, "Unix users that own the connection's socket here.").optional(),
    cgroups: list(
      text("the path of a cgroup", "A cgroup2 directory."),
      "Cgroups that the connection's socket belongs to, at any depth.",
    ).optional(),
    containers: list(container, "Containers that the connection's socket belongs to.").optional(),
    pids: list(
      integer(1, 4_194_304, "A process id."),
      "Processes that the connection's socket belongs to.",
    ).optional(),
    executables: list(
      absolutePath,
      "Executables whose processes the connection's socket belongs to.",
    ).optional(),
  })
  .describe("Connections that are looked at. Every part that is given must hold.");

const budget = {
  maxRps: number(...LIMITS.requestsPerSecond, "Copies per second at most.").optional(),
  maxBytesPerSecond: size(
    "1KiB to 1024GiB",
    ...LIMITS.bytesPerSecond,
    "Bytes of copies per second at most.",
  ).optional(),
  maxInFlight: integer(
    ...LIMITS.inFlight,
    "Copies that may wait for their end at a time.",
  ).optional(),
};

const target = z
  .strictObject({
    name: targetName.optional(),
    url: text(
      "an http:// or https:// URL",
      "Where copies go; its path is put before the request's.",
    ),
    timeout: duration(
      "1ms to 1h",
      ...LIMITS.timeoutMs,
      "How long a copy may wait, and its answer may take. Default: 5s.",
    ).optional(),
    host: hostPolicy.optional(),
    setHeaders: list(
      z.strictObject({
        name: copyField.describe("Name of the field."),
        value: fieldValue.describe("Its value."),
      }),
      "Header fields to set in every copy.",
    ).optional(),
    removeHeaders: list(copyField, "Header fields to remove from every copy.").optional(),
    pipeline: integer(
      ...LIMITS.pipeline,
      "Requests of different live connections that may wait on one shadow connection. Default: 1.",
    ).optional(),
    ca: text(
      "the path of a file",
      "Certificate authorities (PEM) that an https target is checked against; relative to this file.",
    ).optional(),
    insecure: truth("Do not check the certificate of an https target.").optional(),
    ...budget,
  })
  .meta({ id: "Target", description: "Where copies go, and how they are made and sent." });

const ramp = z
  .strictObject({
    from: percent(100, "Share at the start."),
    to: percent(100, "Share at the end."),
    over: duration("1s to 168h", ...LIMITS.rampMs, "How long it takes."),
    steps: integer(...LIMITS.rampSteps, "Equal steps. Default: 10.").optional(),
    guard: z
      .strictObject({ errors: ratioBound.optional(), p99: latencyBound.optional() })
      .describe("What the shadow must keep to; otherwise the ramp steps back.")
      .optional(),
  })
  .describe("A share that rises. Instead of percent or fraction.");

const mirror = z
  .strictObject({
    name: mirrorName,
    from,
    match: z
      .union([matchSchema, z.array(matchSchema).min(1).max(64)], ONE_OR_LIST)
      .describe("Which requests; of a list, one must match. Without it, every request.")
      .optional(),
    allowMethods: z
      .union([z.literal("all"), z.array(method).min(1).max(64)], {
        error: "all, or a list of methods such as [GET, POST]",
      })
      .describe("Methods that may be mirrored. Default: GET, HEAD and OPTIONS.")
      .optional(),
    percent: percent(100, "Share of the matching requests. Default: 100.").optional(),
    fraction: z
      .strictObject({
        numerator: integer(0, 1e9, "At most the denominator."),
        denominator: integer(1, 1e9, "Default: 100.").optional(),
      })
      .describe("Share of the matching requests, instead of percent.")
      .optional(),
    sampleBy: sampleBy.optional(),
    ramp: ramp.optional(),
    ...budget,
    count: integer(...LIMITS.count, "No more after this many were delivered.").optional(),
    redact: redactSchema
      .describe("What is taken out of copies, in place of all that `redaction` says.")
      .optional(),
    to: z
      .union([target, z.array(target).min(1).max(MAX_TARGETS)], ONE_OR_LIST)
      .describe("Where copies go: a target or a list of them."),
  })
  .meta({
    id: "Mirror",
    description: "One rule: which requests are mirrored, how many of them, and where to.",
    not: {
      anyOf: [
        { required: ["percent", "fraction"] },
        { required: ["percent", "ramp"] },
        { required: ["fraction", "ramp"] },
      ],
    },
  });

export const configSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe("The version of this format."),
    kind: z.literal("MirrorConfig").describe("What this file is."),
    capture: capture.optional(),
    matching: z
      .enum(["first", "all"])
      .describe("Whether a request belongs to the first mirror that matches (default) or to all.")
      .optional(),
    redaction: redactionSchema
      .describe("What is taken out of copies by every mirror that does not say it itself.")
      .optional(),
    mirrors: z.array(mirror).min(1).max(MAX_RULES).describe("The rules, in order."),
    limits: z
      .strictObject({
        maxCpu: percent(
          LIMITS.cpuPercent[1],
          "CPU of shadowtap at most; 100 % is one core.",
          1,
        ).optional(),
        maxMemory: size(
          "64MiB to 1024GiB",
          ...LIMITS.memoryBytes,
          "Memory of shadowtap at most.",
        ).optional(),
      })
      .describe("What shadowtap itself may use.")
      .optional(),
    guard: guardSchema.optional(),
  })
  .meta({ title: "MirrorConfig", description: "A rules file of shadowtap: see docs/rules.md." });

export type ConfigDocument = z.infer<typeof configSchema>;
export type CaptureDocument = NonNullable<ConfigDocument["capture"]>;
export type LimitsDocument = NonNullable<ConfigDocument["limits"]>;
export type MirrorDocument = ConfigDocument["mirrors"][number];
export type FromDocument = MirrorDocument["from"];
export type TargetDocument = z.infer<typeof target>;
export type RampDocument = z.infer<typeof ramp>;
export type GuardDocument = NonNullable<ConfigDocument["guard"]>;
export type RedactDocument = NonNullable<MirrorDocument["redact"]>;
export type RedactionDocument = NonNullable<ConfigDocument["redaction"]>;
