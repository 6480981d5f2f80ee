import { Args, Command } from "@oclif/core";
import { parseRedactSampleOptions } from "../agent/redact-sample.ts";
import {
  choiceFlag,
  givenFlags,
  listFlag,
  switchFlag,
  valueFlag,
  withEnvironment,
} from "../cli/flags.ts";
import { REDACTION_PRESETS } from "../model/redaction.ts";

const REDACTION = "Redaction";

export default class Redact extends Command {
  static override summary = "Redact a sample request, or explain what redaction does to it.";

  static override description = [
    "The sample is one HTTP/1.1 request as on the wire, or with --content-type a body alone. It is redacted exactly as it would be",
    "before it is mirrored, and printed; --explain lists what each rule and detector does instead, and prints nothing of any value.",
    "A sample that would not be sent is not printed, and the exit code is 65.",
  ].join(" ");

  static override usage = "redact FILE|- [FLAGS]";

  static override examples = [
    {
      description: "What does the preset find in this request?",
      command: "<%= config.bin %> redact request.http --explain",
    },
    {
      description: "Try rules on a JSON body:",
      command:
        "<%= config.bin %> redact - --content-type application/json --redact-rule 'json:$..name=mask' < body.json",
    },
  ];

  static override args = {
    file: Args.string({
      required: true,
      ignoreStdin: true,
      description: "The sample; - for stdin.",
    }),
  };

  static override flags = withEnvironment({
    redact: choiceFlag(
      REDACTION,
      REDACTION_PRESETS,
      "What is redacted without a rule.",
      "standard",
    ),
    "redact-rule": listFlag(
      REDACTION,
      "SUBJECT=ACTION",
      "Redact something more, such as 'cookie:sid=tokenise' or 'json:$.user.email=hash'; docs/redaction.md lists them.",
    ),
    "redact-detect": listFlag(
      REDACTION,
      "NAME",
      "Look for this, too: a detector that no preset switches on, such as us_ssn.",
    ),
    "redact-key": valueFlag(
      REDACTION,
      "FILE",
      "File of the key that stand-ins are made with; without it they differ from run to run.",
    ),
    "content-type": valueFlag(
      "Sample",
      "TYPE",
      "The sample is a body of this type, without a head.",
    ),
    explain: switchFlag(
      "Output",
      "List what is replaced, by what, and print nothing of the sample.",
    ),
  });

  override async run(): Promise<void> {
    const parsed = await this.parse(Redact);
    const options = parseRedactSampleOptions(parsed.args.file, givenFlags(parsed));
    const { redactSample } = await import("../agent/redact-sample.ts");
    await redactSample(options);
  }
}
