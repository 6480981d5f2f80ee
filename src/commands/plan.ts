import { Command, Flags } from "@oclif/core";
import { FLAG_DEFAULTS, PLAN_KINDS, parsePlanOptions } from "../agent/options.ts";
import {
  budgetFlags,
  captureFlags,
  costFlags,
  explainFlag,
  guardFlags,
  redactionFlags,
  redactionKeyFlag,
  selectionFlags,
  shareFlags,
} from "../cli/flag-groups.ts";
import { choiceFlag, givenFlags, listFlag, valueFlag, withEnvironment } from "../cli/flags.ts";

export default class Plan extends Command {
  static override summary = "Watch live traffic and say what would be mirrored; send nothing.";

  static override description = [
    "Attaches to live traffic with the same selection as `mirror`, or the same file as `run`, and counts: requests and bytes",
    "per second, share of all traffic, the hottest endpoints, methods that change state, and what the shadow has to bear.",
    "Nothing is sent, so no target is needed.",
  ].join(" ");

  static override usage = "plan (-c FILE | --port PORTS) [FLAGS]";

  static override examples = [
    {
      description: "What would a tenth of the API's requests be?",
      command: "<%= config.bin %> plan --port 8080 --path '/api/*' --percent 10",
    },
    {
      description: "What would the rules of a file mirror, over five minutes?",
      command: "<%= config.bin %> plan -c shadowtap.yaml --duration 5m",
    },
  ];

  static override flags = withEnvironment({
    config: Flags.string({
      char: "c",
      summary: "Rules file, in place of the flags that select.",
      helpGroup: "Selection",
      helpValue: "FILE",
    }),
    ...selectionFlags(FLAG_DEFAULTS),
    ...shareFlags(FLAG_DEFAULTS),
    to: listFlag("Selection", "URL", "Where copies would go; not needed."),
    ...redactionFlags(FLAG_DEFAULTS),
    ...redactionKeyFlag,
    ...guardFlags,
    ...captureFlags({}),
    ...budgetFlags,
    ...costFlags,
    duration: valueFlag("Limits", "TIME", "Watch for this long.", FLAG_DEFAULTS["plan-duration"]),
    output: {
      ...choiceFlag("Output", PLAN_KINDS, "Form of the result.", FLAG_DEFAULTS["plan-output"]),
      char: "o" as const,
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_PLAN_OUTPUT",
    },
    top: valueFlag("Output", "N", "Endpoints to list.", FLAG_DEFAULTS.top),
    ...explainFlag,
  });

  override async run(): Promise<void> {
    const flags = givenFlags(await this.parse(Plan));
    const options = await parsePlanOptions(flags);
    if (flags["explain"] === true) {
      const { explainConfig } = await import("../agent/config/explain.ts");
      process.stdout.write(explainConfig(options.config));
      return;
    }
    const { plan } = await import("../agent/plan.ts");
    await plan(options);
  }
}
