import { Command } from "@oclif/core";

export default class Schema extends Command {
  static override summary = "Print the JSON Schema of rules files, for editors.";

  static override description =
    "Editors with a YAML language server use it when the first line of a rules file is `# yaml-language-server: $schema=FILE`.";

  static override examples = [
    {
      description: "Keep it beside the rules file:",
      command: "<%= config.bin %> config schema > shadowtap.schema.json",
    },
  ];

  override async run(): Promise<void> {
    await this.parse(Schema);
    const { configSchemaJson } = await import("../../agent/config/json-schema.ts");
    process.stdout.write(configSchemaJson());
  }
}
