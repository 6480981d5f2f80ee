import { Command } from "@oclif/core";
import { controlFlags } from "../cli/flag-groups.ts";
import { choiceFlag, switchFlag, withEnvironment } from "../cli/flags.ts";

export default class Status extends Command {
  static override summary = "Show how a run stands.";

  static override description = [
    "Rules with their shares and ramps, hook, targets, the ledger in brief, and what the run costs. Asks the run over its",
    "admin socket, so it needs the user that started it. With --watch until Ctrl-C or the end of the run.",
  ].join(" ");

  static override examples = [
    { description: "Look once:", command: "<%= config.bin %> status" },
    { description: "Keep looking:", command: "<%= config.bin %> status --watch" },
    {
      description: "The share of request starts that is let through, for a script:",
      command: "<%= config.bin %> status -o json | jq .governor.admitted",
    },
  ];

  static override flags = withEnvironment({
    watch: {
      ...switchFlag("Output", "Look again and again: every second, or every 10 s off a terminal."),
      // SHADOWTAP_WATCH is `run`'s: whether it follows its file.
      env: "SHADOWTAP_STATUS_WATCH",
    },
    output: {
      ...choiceFlag("Output", ["text", "json"], "Form of the result.", "text"),
      char: "o" as const,
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_STATUS_OUTPUT",
    },
    ...controlFlags(),
  });

  override async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const { showStatus } = await import("../agent/control/show-status.ts");
    await showStatus({
      socket: flags["admin-socket"],
      kind: flags.output === "json" ? "json" : "text",
      watch: flags.watch,
    });
  }
}
