import { Args, Command, Flags } from "@oclif/core";
import { parseOverrides } from "../../agent/config/flag-capture.ts";
import {
  captureFlags,
  costFlags,
  endFlags,
  guardFlags,
  redactionKeyFlag,
} from "../../cli/flag-groups.ts";
import { flagOrigins, givenFlags, withEnvironment } from "../../cli/flags.ts";

export default class View extends Command {
  static override summary =
    "Print what holds: the rules file with flags, environment and defaults.";

  static override description =
    "With --origin, each value is followed by where it comes from: a flag, an environment variable, a line of the file, or the default.";

  static override usage = "config view FILE [FLAGS]";

  static override examples = [
    "<%= config.bin %> config view shadowtap.yaml",
    {
      description: "Where does each value come from?",
      command: "<%= config.bin %> config view shadowtap.yaml --origin --max-cpu 20%",
    },
  ];

  static override args = {
    file: Args.string({ required: true, description: "The rules file." }),
  };

  static override flags = withEnvironment({
    origin: Flags.boolean({ summary: "Say of each value where it comes from." }),
    ...captureFlags({}),
    ...costFlags,
    ...redactionKeyFlag,
    ...guardFlags,
    ...endFlags({}),
  });

  override async run(): Promise<void> {
    const parsed = await this.parse(View);
    const { viewConfig } = await import("../../agent/config/view.ts");
    const flags = givenFlags(parsed);
    const origins = flags["origin"] === true ? flagOrigins(parsed) : undefined;
    process.stdout.write(await viewConfig(parsed.args.file, parseOverrides(flags), origins));
  }
}
