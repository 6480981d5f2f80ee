import { Command, Flags } from "@oclif/core";
import { parseTargets } from "../agent/options.ts";
import { REPEATABLE, withEnvironment } from "../cli/flags.ts";
import {
  DIAGNOSIS_KINDS,
  diagnosisExitCode,
  showDiagnosis,
  showRemoved,
} from "../cli/show-diagnosis.ts";

export default class Doctor extends Command {
  static override summary = "Look at whether this machine can mirror, and what is missing.";

  static override description = [
    "Checks kernel, permissions, hooks, libraries and targets, changes nothing, and says what to do about what is missing.",
    "Works without any permission and says what it could not check. Exit code 0: ready; 77: a permission is missing; 69:",
    "something else is.",
  ].join(" ");

  static override examples = [
    {
      description: "Look at this machine and at a target:",
      command: "<%= config.bin %> doctor --to http://10.0.0.9:8080",
    },
    {
      description: "Remove what a run that was killed has left in the kernel:",
      command: "<%= config.bin %> doctor --clean",
    },
  ];

  static override flags = withEnvironment({
    output: Flags.string({
      char: "o",
      summary: "Form of the result.",
      options: DIAGNOSIS_KINDS,
      default: "table",
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_DOCTOR_OUTPUT",
    }),
    to: Flags.string({
      summary: "Target to resolve and to reach.",
      helpValue: "URL",
      ...REPEATABLE,
    }),
    clean: Flags.boolean({
      summary: "Remove what earlier runs have left in the kernel, and say what it was.",
    }),
  });

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const targets = parseTargets(flags);
    const kind = flags.output === "json" ? "json" : "table";
    if (flags.clean) {
      const { cleanLeftovers } = await import("../agent/leftovers.ts");
      showRemoved(await cleanLeftovers(), kind);
      return;
    }
    const { diagnose } = await import("../agent/doctor.ts");
    const diagnosis = await diagnose({ targets });
    showDiagnosis(diagnosis, kind);
    process.exitCode = diagnosisExitCode(diagnosis);
  }
}
