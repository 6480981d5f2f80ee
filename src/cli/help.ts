import { type Command, CommandHelp, Help, type Interfaces } from "@oclif/core";
import { environmentName } from "./flags.ts";

const REPEATED_NOTE =
  " A flag that may be repeated takes several values there, separated by white space; header fields, redaction rules and paths of programs go one a line.";

/** How flags are given in the environment, with one of the command's own as the example; empty for a command without any. */
function environmentNote(flags: readonly Command.Flag.Any[]): string {
  const example = flags.find(({ env }) => env !== undefined);
  if (example === undefined) return "";
  const isRepeated = flags.some((flag) => flag.type === "option" && flag.multiple === true);
  const note = `Every flag can be given as an environment variable instead: --${example.name} as ${example.env}.`;
  return isRepeated ? note + REPEATED_NOTE : note;
}

/** Help of one command: examples before everything else, since most readers look for something to copy. */
class ExamplesFirst extends CommandHelp {
  protected override sections() {
    const sections = super.sections();
    const isExamples = ({ header }: { header: string }) => header === "EXAMPLES";
    return [...sections.filter(isExamples), ...sections.filter((one) => !isExamples(one))];
  }

  // The twin in the environment has the flag's own name: saying it thirty times would bury the rest.
  protected override flags(flags: Command.Flag.Any[]) {
    return super.flags(
      flags.map(({ env, ...flag }) => {
        const regular = env === undefined || env === environmentName(flag.name);
        return (regular ? flag : { ...flag, env }) as Command.Flag.Any;
      }),
    );
  }
}

/** The help that `--help` prints. oclif finds this class by the name that shell.ts gives it. */
export class ShadowtapHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, { ...options, flagSortOrder: "none", hideCommandSummaryInDescription: true });
  }

  protected override formatCommand(command: Command.Loadable): string {
    const help = super.formatCommand(command);
    const note = environmentNote(Object.values(command.flags));
    return note === "" ? help : `${help}\n\n${this.section("ENVIRONMENT", this.wrap(note))}`;
  }

  override formatRoot(): string {
    const { bin, pjson, version } = this.config;
    return [
      `${pjson["description"] ?? bin}.`,
      this.section("USAGE", `$ ${bin} COMMAND [FLAGS]`),
      this.section(
        "EXAMPLES",
        [
          "Mirror what the service on port 8080 receives to a shadow of it:",
          "",
          `  $ ${bin} mirror --port 8080 --to http://10.0.0.9:8080`,
          "",
          "See first what that would be, without sending anything:",
          "",
          `  $ ${bin} plan --port 8080`,
          "",
          "Mirror by the rules of a file, and follow its changes:",
          "",
          `  $ ${bin} run -c shadowtap.yaml`,
          "",
          "Look at whether this machine can do that, and what is missing:",
          "",
          `  $ ${bin} doctor`,
        ].join("\n"),
      ),
      this.section(
        "HELP",
        [
          `${bin} COMMAND --help     flags and examples of a command`,
          `${bin} help rules         what can be selected, and the rules file`,
          `${bin} help exit-codes    what the exit codes mean`,
          `${bin} help errors        every error, why it comes and what to do`,
          `${bin} help ledger        every number of the summary`,
          `${bin} help output        lines, JSON and protobuf on stdout`,
          `${bin} help redaction     what is taken out of copies, and of what is printed`,
          `${bin} help canary        secrets planted in test requests, looked for in outputs`,
          `${bin} help audit         the audit trail, and what it proves`,
          `${bin} --version          version ${version}`,
        ].join("\n"),
      ),
    ].join("\n\n");
  }
}
