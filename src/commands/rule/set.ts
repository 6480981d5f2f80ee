import { Args, Command, Flags } from "@oclif/core";
import { shareOf } from "../../agent/control/share-of.ts";
import { controlFlags } from "../../cli/flag-groups.ts";
import { withEnvironment } from "../../cli/flags.ts";

export default class RuleSet extends Command {
  static override summary = "Change the share that a rule of a run mirrors.";

  static override description = [
    "Takes effect at once and lasts until the next change of the rules or the end of the run; no file is written. A ramp of the",
    "rule ends with it.",
  ].join(" ");

  static override examples = [
    {
      description: "Mirror one request in twenty of the rule orders-v2:",
      command: "<%= config.bin %> rule set orders-v2 --percent 5",
    },
  ];

  static override args = {
    name: Args.string({
      description: "The rule's name, as `shadowtap status` shows it.",
      required: true,
    }),
  };

  static override flags = withEnvironment({
    percent: Flags.string({
      summary: "Share of the matching requests, 0 to 100, decimals allowed.",
      helpValue: "N",
      required: true,
      // SHADOWTAP_PERCENT is what a run begins with.
      env: "SHADOWTAP_RULE_PERCENT",
    }),
    ...controlFlags(),
  });

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RuleSet);
    const share = shareOf(flags.percent);
    const { tellRun } = await import("../../agent/control/tell-run.ts");
    await tellRun(flags["admin-socket"], { kind: "set_share", rule: args.name, share });
  }
}
