import { Args, Command } from "@oclif/core";

export default class Explain extends Command {
  static override summary =
    "Print which part of each rule the kernel decides, and which user space.";

  static override description =
    "The kernel's part is made of the rule, never written: it lets through every request that the rule could want, and what it stops costs next to nothing. User space decides each request exactly.";

  static override examples = ["<%= config.bin %> config explain shadowtap.yaml"];

  static override args = {
    file: Args.string({ required: true, description: "The rules file." }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Explain);
    const { loadConfigFile } = await import("../../agent/config/load.ts");
    const { NO_OVERRIDES } = await import("../../agent/config/defaults.ts");
    const { explainConfig } = await import("../../agent/config/explain.ts");
    process.stdout.write(explainConfig(await loadConfigFile(args.file, NO_OVERRIDES)));
  }
}
