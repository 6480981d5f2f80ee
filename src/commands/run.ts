import { Command, Flags } from "@oclif/core";
import { FLAG_DEFAULTS, parseRunOptions } from "../agent/options.ts";
import {
  captureFlags,
  costFlags,
  durationFlag,
  endFlags,
  explainFlag,
  guardFlags,
  outputFlags,
  redactionKeyFlag,
} from "../cli/flag-groups.ts";
import { givenFlags, withEnvironment } from "../cli/flags.ts";

export default class Run extends Command {
  static override summary = "Mirror by the rules of a file, and follow its changes.";

  static override description = [
    "The file names rules, each with its own targets, share and limits: see `shadowtap help rules`. When it changes, or with a",
    "HUP signal, it is checked and taken over as a whole; a file with a mistake changes nothing. Flags and environment",
    "variables win over the file. Ends with Ctrl-C, --duration, --ttl or --stop-file; a second Ctrl-C leaves at once.",
  ].join(" ");

  static override usage = "run -c FILE [FLAGS]";

  static override examples = [
    {
      description: "Mirror as the file says:",
      command: "<%= config.bin %> run -c shadowtap.yaml",
    },
    {
      description: "Use no more than a fifth of a core, whatever the file says:",
      command: "<%= config.bin %> run -c shadowtap.yaml --max-cpu 20%",
    },
    {
      description: "See what the kernel decides and what user space:",
      command: "<%= config.bin %> run -c shadowtap.yaml --explain",
    },
  ];

  static override flags = withEnvironment({
    config: Flags.string({
      char: "c",
      summary: "The rules file, YAML or JSON. Required.",
      helpGroup: "Selection",
      helpValue: "FILE",
    }),
    watch: Flags.boolean({
      summary: "Take over the file when it changes.",
      helpGroup: "Selection",
      allowNo: true,
      default: true,
    }),
    ...redactionKeyFlag,
    ...guardFlags,
    ...endFlags({}),
    ...captureFlags({}),
    ...costFlags,
    ...durationFlag,
    ...outputFlags(FLAG_DEFAULTS),
    ...explainFlag,
  });

  override async run(): Promise<void> {
    const flags = givenFlags(await this.parse(Run));
    const options = await parseRunOptions(flags);
    if (flags["explain"] === true) {
      const { explainConfig } = await import("../agent/config/explain.ts");
      process.stdout.write(explainConfig(options.config));
      return;
    }
    const { mirror } = await import("../agent/mirror.ts");
    await mirror(options);
  }
}
