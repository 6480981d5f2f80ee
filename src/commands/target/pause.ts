import { Command } from "@oclif/core";
import { controlFlags, targetArgs } from "../../cli/flag-groups.ts";
import { withEnvironment } from "../../cli/flags.ts";

export default class TargetPause extends Command {
  static override summary = "Send no copies to a target until it is resumed.";

  static override description =
    "Requests for it are counted as unsent, reason paused; what was offered before is still sent. Other targets are not concerned.";

  static override examples = [
    {
      description: "Take the pressure off a shadow:",
      command: "<%= config.bin %> target pause http://10.0.0.9:8080",
    },
  ];

  static override args = targetArgs();

  static override flags = withEnvironment(controlFlags());

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TargetPause);
    const { tellRun } = await import("../../agent/control/tell-run.ts");
    await tellRun(flags["admin-socket"], { kind: "pause", target: args.name });
  }
}
