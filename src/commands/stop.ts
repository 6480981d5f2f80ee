import { Command } from "@oclif/core";
import { controlFlags } from "../cli/flag-groups.ts";
import { withEnvironment } from "../cli/flags.ts";

export default class Stop extends Command {
  static override summary = "End a run in order, and wait until it has ended.";

  static override description =
    "The same as its first Ctrl-C: capture ends at once, what is on its way is finished, and the run prints its summary.";

  static override examples = [
    { description: "End the one run there is:", command: "<%= config.bin %> stop" },
  ];

  static override flags = withEnvironment(controlFlags());

  override async run(): Promise<void> {
    const { flags } = await this.parse(Stop);
    const { stopRun } = await import("../agent/control/stop-run.ts");
    const pid = await stopRun(flags["admin-socket"]);
    process.stdout.write(`Stopped the run with pid ${pid}.\n`);
  }
}
