import { Args, Flags } from "@oclif/core";
import { OUTPUT_KINDS } from "../model/output.ts";
import { REDACTION_PRESETS } from "../model/redaction.ts";
import { HOOK_CHOICES } from "../model/run-config.ts";
import { choiceFlag, listFlag, switchFlag, valueFlag } from "./flags.ts";

/** Flags that several commands have. Defaults are given where no file may say something else. */

type Defaults = Readonly<Record<string, string>>;

const SELECTION = "Selection";
const TARGET = "Target";
const CAPTURE = "Capture";
const LIMITS = "Limits";
const REDACTION = "Redaction";
const GUARD = "Guard";
const OUTPUT = "Output";

/** Which requests. */
export function selectionFlags(defaults: Defaults) {
  return {
    port: listFlag(
      SELECTION,
      "PORTS",
      "Ports of the live service: 8080, 8080,8081 or 8000-8010. Required.",
    ),
    path: valueFlag(
      SELECTION,
      "GLOB",
      "Mirror requests whose path matches; * is any run of characters, ? any one.",
      defaults["path"],
    ),
    header: listFlag(
      SELECTION,
      "'K: V'",
      "Mirror requests with this header field: 'NAME: VALUE', 'NAME: VALUE*' for a beginning, NAME for any value.",
    ),
    prefix: valueFlag(
      SELECTION,
      "TEXT|0xHEX",
      "Mirror requests that begin with these bytes, such as 'GET /api/'.",
    ),
    "allow-methods": valueFlag(
      SELECTION,
      "METHODS",
      "Methods that may be mirrored, or all. Others are held back and counted.",
      defaults["allow-methods"],
    ),
    local: listFlag(SELECTION, "CIDR", "Only where the service's own address is in this network."),
    remote: listFlag(SELECTION, "CIDR", "Only where the other side's address is in this network."),
    uid: listFlag(SELECTION, "USER", "Only where this user owns the connection's socket here."),
    pid: listFlag(SELECTION, "PID", "Only where the socket belongs to this process."),
    exe: listFlag(SELECTION, "PATH", "Only where the socket belongs to a process of this program."),
  };
}

/** How many of them. */
export function shareFlags(defaults: Defaults) {
  return {
    percent: valueFlag(
      SELECTION,
      "N",
      "Share of the matching requests, 0 to 100, decimals allowed.",
      defaults["percent"],
    ),
    fraction: valueFlag(SELECTION, "N/M", "The same as a fraction, such as 1/1000."),
    "sample-by": valueFlag(
      SELECTION,
      "WHAT",
      "What the share is drawn by: request, connection, cohort:client, cohort:header:NAME, cohort:cookie:NAME or cohort:query:NAME.",
      defaults["sample-by"],
    ),
    ramp: valueFlag(SELECTION, "FROM..TO/TIME[/STEPS]", "A share that rises, such as 1%..50%/10m."),
    "ramp-guard": valueFlag(
      SELECTION,
      "BOUNDS",
      "Step back while the shadow does worse: 'errors<1%,p99<500ms'.",
    ),
  };
}

/** Where copies go, and how. */
export function targetFlags(defaults: Defaults) {
  return {
    to: listFlag(
      TARGET,
      "URL",
      "Where copies go: an http or https URL. Its path is put before the request's. Required.",
    ),
    host: valueFlag(
      TARGET,
      "keep|target|NAME",
      "Host of a copy: keep the client's, the target's, or a NAME.",
      defaults["host"],
    ),
    "set-header": listFlag(TARGET, "'K: V'", "Set a header field of every copy."),
    "remove-header": listFlag(TARGET, "K", "Remove a header field from every copy."),
    timeout: valueFlag(
      TARGET,
      "TIME",
      "How long a copy may wait, and its answer may take.",
      defaults["timeout"],
    ),
    pipeline: valueFlag(
      TARGET,
      "N",
      "Requests of different live connections that may wait on one shadow connection.",
      defaults["pipeline"],
    ),
    ca: valueFlag(
      TARGET,
      "FILE",
      "File of the certificate authorities (PEM) that https targets are checked against.",
    ),
    insecure: switchFlag(TARGET, "Do not check the certificates of https targets."),
  };
}

/** How traffic is captured. */
export function captureFlags(defaults: Defaults) {
  return {
    hook: choiceFlag(CAPTURE, HOOK_CHOICES, "Where in the kernel to capture.", defaults["hook"]),
    iface: listFlag(
      CAPTURE,
      "IF",
      "Interface for the tc and socket hooks; without it every one that is up.",
    ),
    direction: choiceFlag(
      CAPTURE,
      ["in", "out"],
      "Requests that services here receive, or that processes here send.",
      defaults["direction"],
    ),
    cgroup: valueFlag(
      CAPTURE,
      "PATH",
      "Capture the sockets of this cgroup instead of one's own network namespace.",
    ),
    container: valueFlag(CAPTURE, "ID", "Capture the sockets of this container."),
    netns: valueFlag(
      CAPTURE,
      "PATH",
      "Capture the sockets of this network namespace, such as /run/netns/blue.",
    ),
    "all-namespaces": switchFlag(CAPTURE, "Capture the sockets of every network namespace."),
    workers: valueFlag(
      CAPTURE,
      "N",
      "Processes that read and send, each with a ring of its own.",
      defaults["workers"],
    ),
    "ring-size": valueFlag(
      CAPTURE,
      "SIZE",
      "Memory between kernel and shadowtap, over all workers.",
      defaults["ring-size"],
    ),
  };
}

/** What copies may cost. */
export const budgetFlags = {
  "max-rps": valueFlag(LIMITS, "N", "Copies per second at most."),
  "max-bandwidth": valueFlag(LIMITS, "SIZE", "Bytes of copies per second at most, such as 10MiB."),
  "max-in-flight": valueFlag(LIMITS, "N", "Copies that may wait for their end at a time."),
};

/** What shadowtap itself may cost. */
export const costFlags = {
  "max-cpu": valueFlag(
    LIMITS,
    "N%",
    "CPU that shadowtap may use, of one core; it mirrors less before it uses more.",
  ),
  "max-memory": valueFlag(LIMITS, "SIZE", "Memory that shadowtap may use, such as 512MiB."),
};

/** What is taken out of copies. */
export function redactionFlags(defaults: Defaults) {
  return {
    redact: choiceFlag(
      REDACTION,
      REDACTION_PRESETS,
      "What is taken out of copies. It must be said, if only off, for targets outside of loopback and private networks.",
      defaults["redact"],
    ),
    "redact-rule": listFlag(
      REDACTION,
      "SUBJECT=ACTION",
      "Redact something more, such as 'cookie:sid=tokenise' or 'json:$.user.email=hash'.",
    ),
    "redact-detect": listFlag(
      REDACTION,
      "NAME",
      "Look for this, too: a detector that no preset switches on, such as us_ssn.",
    ),
  };
}

/** What stand-ins are made with. */
export const redactionKeyFlag = {
  "redact-key": valueFlag(
    REDACTION,
    "FILE",
    "File of the key that stand-ins are made with; without it they differ from run to run.",
  ),
};

/** What copies may reach, and whom they are read by. */
export const guardFlags = {
  "allow-target": listFlag(
    GUARD,
    "CIDR|HOST|*.DOMAIN",
    "Targets may resolve to this and to nothing else: a network, a host, or all hosts below a domain.",
  ),
  user: valueFlag(
    GUARD,
    "NAME|UID",
    "Whom the processes that read traffic run as; without it nobody.",
  ),
};

/** How a run that mirrors is ended by itself or from outside. */
export function endFlags(defaults: Defaults) {
  return {
    ttl: valueFlag(
      GUARD,
      "TIME",
      "End by itself after this time; none or 0 for never.",
      defaults["ttl"],
    ),
    "stop-file": valueFlag(GUARD, "PATH", "End as soon as this file is there."),
  };
}

/** When it ends by itself. */
export const durationFlag = {
  duration: valueFlag(LIMITS, "TIME", "End after this time: 30s, 10m, 1h30m."),
};

/** What a run tells, and whom it listens to. */
export function outputFlags(defaults: Defaults) {
  return {
    output: {
      ...choiceFlag(
        OUTPUT,
        OUTPUT_KINDS,
        "What stdout gets for every copied request.",
        defaults["output"],
      ),
      char: "o" as const,
    },
    "summary-file": valueFlag(OUTPUT, "FILE", "Write the ledger to this file as JSON at the end."),
    "audit-file": valueFlag(
      OUTPUT,
      "FILE",
      "Append to this file who started the run, with which rules, what changed, and its ledger.",
    ),
    "ready-file": valueFlag(OUTPUT, "FILE", "Write this file when capture is live."),
    "pid-file": valueFlag(OUTPUT, "FILE", "Write the process id to this file."),
    "admin-socket": valueFlag(
      OUTPUT,
      "PATH",
      "Where `shadowtap status` and other commands reach this run.",
    ),
  };
}

/** Says what would run where, instead of running. */
export const explainFlag = {
  explain: switchFlag(OUTPUT, "Print what the kernel decides and what user space, and exit."),
};

/** Of commands that speak to a run. */
export function controlFlags() {
  return {
    "admin-socket": Flags.string({
      summary: "Admin socket of the run; without it the one run there is.",
      helpValue: "PATH",
    }),
  };
}

/** Of commands that speak to a run about one of its targets. */
export function targetArgs() {
  return {
    name: Args.string({
      description: "The target's name, as `shadowtap status` shows it.",
      required: true,
    }),
  };
}
