import { Command } from "@oclif/core";
import { FLAG_DEFAULTS, parseMirrorOptions } from "../agent/options.ts";
import {
  budgetFlags,
  captureFlags,
  costFlags,
  durationFlag,
  endFlags,
  explainFlag,
  guardFlags,
  outputFlags,
  redactionFlags,
  redactionKeyFlag,
  selectionFlags,
  shareFlags,
  targetFlags,
} from "../cli/flag-groups.ts";
import { givenFlags, valueFlag, withEnvironment } from "../cli/flags.ts";

export default class Mirror extends Command {
  static override summary = "Copy live HTTP/1.1 requests to one or more shadows.";

  static override description = [
    "Every selected request that reaches a service of this machine is copied in the kernel and sent to the shadow; the",
    "service and its clients notice nothing. Only safe methods are copied unless --allow-methods says otherwise. One line per",
    "copied request goes to stdout, the summary to stderr. Ends with Ctrl-C, --duration, --count, --ttl or --stop-file; a second",
    "Ctrl-C leaves at once. Needs root, or CAP_BPF and CAP_NET_ADMIN. What selects is explained by `shadowtap help rules`.",
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
      description: "One user's requests:",
      command:
        "<%= config.bin %> mirror --port 8080 --to http://10.0.0.9:8080 --header 'x-user-id: 42'",
    },
    {
      description: "From 1 % to half of the users within an hour, stepping back while it fails:",
      command:
        "<%= config.bin %> mirror --port 8080 --to http://10.0.0.9:8080 --sample-by cohort:cookie:session --ramp 1%..50%/1h --ramp-guard 'errors<1%,p99<500ms'",
    },
    {
      description:
        "Writing requests too; the shadow must not share a database with the live service:",
      command:
        "<%= config.bin %> mirror --port 8080 --to https://shadow.example --allow-methods all",
    },
    {
      description: "To a shadow that trusts less, without credentials and personal data:",
      command:
        "<%= config.bin %> mirror --port 8080 --to https://shadow.example --redact standard --redact-rule 'json:$.user.name=mask' --allow-target shadow.example",
    },
    {
      description: "A container's traffic, as JSON, with the ledger in a file:",
      command:
        "<%= config.bin %> mirror --port 80 --container 3f4e8a91c2d7 --to http://10.0.0.9 -o json --summary-file ledger.json",
    },
  ];

  static override flags = withEnvironment({
    ...selectionFlags(FLAG_DEFAULTS),
    ...shareFlags(FLAG_DEFAULTS),
    ...targetFlags(FLAG_DEFAULTS),
    ...redactionFlags(FLAG_DEFAULTS),
    ...redactionKeyFlag,
    ...guardFlags,
    ...endFlags(FLAG_DEFAULTS),
    ...captureFlags(FLAG_DEFAULTS),
    ...budgetFlags,
    ...costFlags,
    ...durationFlag,
    count: valueFlag("Limits", "N", "End after this many requests were delivered."),
    ...outputFlags(FLAG_DEFAULTS),
    ...explainFlag,
  });

  override async run(): Promise<void> {
    const flags = givenFlags(await this.parse(Mirror));
    const options = parseMirrorOptions(flags);
    if (flags["explain"] === true) {
      const { explainConfig } = await import("../agent/config/explain.ts");
      process.stdout.write(explainConfig(options.config));
      return;
    }
    const { mirror } = await import("../agent/mirror.ts");
    await mirror(options);
  }
}
