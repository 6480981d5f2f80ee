import { Args, Command } from "@oclif/core";

export default class Validate extends Command {
  static override summary = "Check a rules file, and tell everything that is wrong with it.";

  static override description = [
    "Says of every mistake where it is, what was found and what was expected. Looks at the file alone, and at the certificates",
    "that it names: whether users, cgroups and targets exist is known where it runs. Exit code 78 when something is wrong.",
  ].join(" ");

  static override examples = ["<%= config.bin %> config validate shadowtap.yaml"];

  static override args = {
    file: Args.string({ required: true, description: "The rules file." }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Validate);
    const { loadConfigFile } = await import("../../agent/config/load.ts");
    const { NO_OVERRIDES } = await import("../../agent/config/defaults.ts");
    const { rules } = await loadConfigFile(args.file, NO_OVERRIDES);
    const count = rules.length === 1 ? "one mirror" : `${rules.length} mirrors`;
    process.stdout.write(`${args.file} is valid: ${count}.\n`);
  }
}
