import { Command, Flags } from "@oclif/core";
import { HOOK_CHOICES, MIRROR_DEFAULTS, parseMirrorOptions } from "../agent/options.ts";
import { REPEATABLE, withEnvironment } from "../cli/flags.ts";
import { OUTPUT_KINDS } from "../model/output.ts";

export default class Mirror extends Command {
  static override summary = "Copy live HTTP/1.1 requests to one or more shadows.";

  static override description = [
    "Every selected request that reaches a service of this machine is copied in the kernel and sent to the shadow; the",
    "service and its clients notice nothing. Only safe methods are copied unless --allow-methods says otherwise. One line per",
    "copied request goes to stdout, the summary to stderr. Ends with Ctrl-C, --duration or --count; a second Ctrl-C leaves",
    "at once. Needs root, or CAP_BPF and CAP_NET_ADMIN.",
  ].join(" ");

  static override usage = "mirror --port PORTS --to URL... [FLAGS]";

  static override examples = [
    {
      description: "Mirror what the service on port 8080 receives:",
      command: "<%= config.bin %> mirror --port 8080 --to http://10.0.0.9:8080",
    },
    {
      description: "A tenth of the API's requests, at most 200 a second, for ten minutes:",
      command:
        "<%= config.bin %> mirror --port 8080 --to http://10.0.0.9:8080 --path '/api/*' --percent 10 --max-rps 200 --duration 10m",
    },
    {
      description:
        "Writing requests too; the shadow must not share a database with the live service:",
      command:
        "<%= config.bin %> mirror --port 8080 --to https://shadow.example --allow-methods all",
    },
    {
      description: "A container's traffic, as JSON, with the ledger in a file:",
      command:
        "<%= config.bin %> mirror --port 80 --container 3f4e8a91c2d7 --to http://10.0.0.9 -o json --summary-file ledger.json",
    },
  ];

  static override flags = withEnvironment({
    port: Flags.string({
      summary: "Ports of the live service: 8080, 8080,8081 or 8000-8010.",
      helpGroup: "Selection",
      helpValue: "PORTS",
      required: true,
      ...REPEATABLE,
    }),
    path: Flags.string({
      summary: "Mirror requests whose path matches; * is any run of characters, ? any one.",
      helpGroup: "Selection",
      helpValue: "GLOB",
      default: MIRROR_DEFAULTS.path,
    }),
    "allow-methods": Flags.string({
      summary: "Methods that may be mirrored, or all. Others are held back and counted.",
      helpGroup: "Selection",
      helpValue: "METHODS",
      default: MIRROR_DEFAULTS["allow-methods"],
    }),
    percent: Flags.string({
      summary: "Share of the matching requests, 0 to 100, decimals allowed.",
      helpGroup: "Selection",
      helpValue: "N",
      default: MIRROR_DEFAULTS.percent,
    }),
    to: Flags.string({
      summary: "Where copies go: an http or https URL. Its path is put before the request's.",
      helpGroup: "Target",
      helpValue: "URL",
      required: true,
      ...REPEATABLE,
    }),
    host: Flags.string({
      summary: "Host of a copy: keep the client's, the target's, or a NAME.",
      helpGroup: "Target",
      helpValue: "keep|target|NAME",
      default: MIRROR_DEFAULTS.host,
    }),
    "set-header": Flags.string({
      summary: "Set a header field of every copy.",
      helpGroup: "Target",
      helpValue: "'K: V'",
      ...REPEATABLE,
    }),
    "remove-header": Flags.string({
      summary: "Remove a header field from every copy.",
      helpGroup: "Target",
      helpValue: "K",
      ...REPEATABLE,
    }),
    timeout: Flags.string({
      summary: "How long a copy may wait, and its answer may take.",
      helpGroup: "Target",
      helpValue: "TIME",
      default: MIRROR_DEFAULTS.timeout,
    }),
    pipeline: Flags.string({
      summary: "Requests of different live connections that may wait on one shadow connection.",
      helpGroup: "Target",
      helpValue: "N",
      default: MIRROR_DEFAULTS.pipeline,
    }),
    ca: Flags.string({
      summary: "File of the certificate authorities (PEM) that https targets are checked against.",
      helpGroup: "Target",
      helpValue: "FILE",
    }),
    insecure: Flags.boolean({
      summary: "Do not check the certificates of https targets.",
      helpGroup: "Target",
    }),
    hook: Flags.string({
      summary: "Where in the kernel to capture.",
      helpGroup: "Capture",
      options: HOOK_CHOICES,
      default: MIRROR_DEFAULTS.hook,
    }),
    iface: Flags.string({
      summary: "Interface for the tc hook; without it every one that is up.",
      helpGroup: "Capture",
      helpValue: "IF",
      ...REPEATABLE,
    }),
    cgroup: Flags.string({
      summary: "Capture the listeners of this cgroup instead of one's own network namespace.",
      helpGroup: "Capture",
      helpValue: "PATH",
    }),
    container: Flags.string({
      summary: "Capture the listeners of this container.",
      helpGroup: "Capture",
      helpValue: "ID",
    }),
    netns: Flags.string({
      summary: "Capture the listeners of this network namespace, such as /run/netns/blue.",
      helpGroup: "Capture",
      helpValue: "PATH",
    }),
    "all-namespaces": Flags.boolean({
      summary: "Capture the listeners of every network namespace.",
      helpGroup: "Capture",
    }),
    workers: Flags.string({
      summary: "Processes that read and send, each with a ring of its own.",
      helpGroup: "Capture",
      helpValue: "N",
      default: MIRROR_DEFAULTS.workers,
    }),
    "ring-size": Flags.string({
      summary: "Memory between kernel and shadowtap, over all workers.",
      helpGroup: "Capture",
      helpValue: "SIZE",
      default: MIRROR_DEFAULTS["ring-size"],
    }),
    "max-rps": Flags.string({
      summary: "Copies per second at most.",
      helpGroup: "Limits",
      helpValue: "N",
    }),
    duration: Flags.string({
      summary: "End after this time: 30s, 10m, 1h30m.",
      helpGroup: "Limits",
      helpValue: "TIME",
    }),
    count: Flags.string({
      summary: "End after this many requests were delivered.",
      helpGroup: "Limits",
      helpValue: "N",
    }),
    output: Flags.string({
      char: "o",
      summary: "What stdout gets for every copied request.",
      helpGroup: "Output",
      options: OUTPUT_KINDS,
      default: MIRROR_DEFAULTS.output,
    }),
    "summary-file": Flags.string({
      summary: "Write the ledger to this file as JSON at the end.",
      helpGroup: "Output",
      helpValue: "FILE",
    }),
    "ready-file": Flags.string({
      summary: "Write this file when capture is live.",
      helpGroup: "Output",
      helpValue: "FILE",
    }),
    "pid-file": Flags.string({
      summary: "Write the process id to this file.",
      helpGroup: "Output",
      helpValue: "FILE",
    }),
  });

  override async run(): Promise<void> {
    const { flags } = await this.parse(Mirror);
    const options = parseMirrorOptions(flags);
    const { mirror } = await import("../agent/mirror.ts");
    await mirror(options);
  }
}
