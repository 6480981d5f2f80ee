import { Args, Command } from "@oclif/core";
import { CHECK_KINDS } from "../../agent/canary/check.ts";
import { DEFAULT_SECRETS_FILE, parseCheckOptions } from "../../agent/canary/options.ts";
import { choiceFlag, givenFlags, valueFlag, withEnvironment } from "../../cli/flags.ts";

export default class CanaryCheck extends Command {
  static override summary = "Look for planted secrets in outputs of any kind.";

  static override description = [
    "Looks through files and directories: lines, summaries, audit trails, metrics, the shadow's logs, captures. A secret is found as it",
    "is, percent-encoded, escaped as in JSON, in base64 and in hexadecimal digits, also within gzip, zstd and .br files. The table says",
    "where, and never the secret. The exit code is 79 when one is found, and 65 when a file could not be looked through.",
  ].join(" ");

  static override usage = "canary check OUTPUT... [FLAGS]";

  static override examples = [
    {
      description: "Has anything come through?",
      command:
        "<%= config.bin %> canary check lines.jsonl summary.json audit.jsonl /var/log/shadow --secrets planted.json",
    },
  ];

  static override strict = false;

  static override args = {
    output: Args.string({
      required: true,
      ignoreStdin: true,
      description: "Files, and directories with all that is in them.",
    }),
  };

  static override flags = withEnvironment({
    secrets: valueFlag(
      "Selection",
      "FILE",
      "The file that `canary plant` has written.",
      DEFAULT_SECRETS_FILE,
    ),
    output: {
      ...choiceFlag("Output", CHECK_KINDS, "Form of the result.", CHECK_KINDS[0]),
      char: "o" as const,
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_CANARY_OUTPUT",
    },
  });

  override async run(): Promise<void> {
    const parsed = await this.parse(CanaryCheck);
    const options = parseCheckOptions(parsed.argv.map(String), givenFlags(parsed));
    const { check } = await import("../../agent/canary/check.ts");
    await check(options);
  }
}
