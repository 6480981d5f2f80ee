import { Command } from "@oclif/core";
import { controlFlags } from "../cli/flag-groups.ts";
import { withEnvironment } from "../cli/flags.ts";

export default class Reload extends Command {
  static override summary = "Let a run read its rules file again.";

  static override description = [
    "The same as a HUP signal, but it says how it went: the file is checked and taken over as a whole, or the run goes on with the",
    "rules that it has and the mistakes are listed.",
  ].join(" ");

  static override examples = [
    { description: "After a change of the file:", command: "<%= config.bin %> reload" },
  ];

  static override flags = withEnvironment(controlFlags());

  override async run(): Promise<void> {
    const { flags } = await this.parse(Reload);
    const { tellRun } = await import("../agent/control/tell-run.ts");
    await tellRun(flags["admin-socket"], { kind: "reload" });
  }
}
