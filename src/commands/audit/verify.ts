import { Args, Command, Flags } from "@oclif/core";
import { withEnvironment } from "../../cli/flags.ts";
import { ERRORS } from "../../model/errors.ts";

export default class Verify extends Command {
  static override summary = "Check that an audit trail is whole, and list its runs.";

  static override description = [
    "Reads what --audit-file of `mirror` and `run` wrote: says which runs there were, who started them and whether they ended, and",
    "names each line that was changed, removed, inserted or moved. What is missing at the end shows only with --last. Needs no",
    "privileges but to read the file. A damaged trail is printed the same, and the exit code is 65.",
  ].join(" ");

  static override usage = "audit verify FILE... [FLAGS]";

  static override examples = [
    "<%= config.bin %> audit verify /var/log/shadowtap/audit.jsonl",
    {
      description: "Is everything still there up to the end of that run?",
      command: "<%= config.bin %> audit verify audit.jsonl --last 5f0c…e1",
    },
  ];

  static override strict = false;

  static override args = {
    file: Args.string({
      required: true,
      ignoreStdin: true,
      description: "The trail; several in the order in which they were written; - for stdin.",
    }),
  };

  static override flags = withEnvironment({
    last: Flags.string({
      summary: "The hash that a run printed at its end: its entry must be there.",
      helpValue: "HASH",
    }),
    output: Flags.string({
      char: "o",
      summary: "Form of the result.",
      options: ["text", "json"],
      default: "text",
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_AUDIT_OUTPUT",
    }),
  });

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(Verify);
    const { parseVerifyOptions, verify } = await import("../../agent/audit/verify.ts");
    const options = parseVerifyOptions(argv.map(String), flags.last, flags.output);
    if (!(await verify(options))) process.exitCode = ERRORS.ST_AUDIT_BROKEN.exitCode;
  }
}
