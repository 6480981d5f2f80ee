import { Command } from "@oclif/core";
import { controlFlags, targetArgs } from "../../cli/flag-groups.ts";
import { withEnvironment } from "../../cli/flags.ts";

export default class TargetResume extends Command {
  static override summary = "Send copies to a target again.";

  static override description =
    "Ends what `target pause` began. Requests that came in between are not made up for.";

  static override examples = [
    {
      description: "Let copies through again:",
      command: "<%= config.bin %> target resume http://10.0.0.9:8080",
    },
  ];

  static override args = targetArgs();

  static override flags = withEnvironment(controlFlags());

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TargetResume);
    const { tellRun } = await import("../../agent/control/tell-run.ts");
    await tellRun(flags["admin-socket"], { kind: "resume", target: args.name });
  }
}
