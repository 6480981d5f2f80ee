import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Config, Errors, flush, type Interfaces, run } from "@oclif/core";
import { detectStyle } from "../report/style.ts";
import { failureJson, formatFailure, toFailure } from "./failure.ts";

/** Pages that `shadowtap help TOPIC` prints. */
const TOPICS = [
  "exit-codes",
  "errors",
  "ledger",
  "output",
  "rules",
  "redaction",
  "canary",
  "audit",
];

/** Commands whose errors are JSON when SHADOWTAP_OUTPUT says so. */
const STREAMING = ["mirror", "run"];

/** What the help says of commands that come in groups. */
const GROUPS = {
  audit: { description: "Check the trail that runs have left." },
  canary: { description: "Plant secrets in test requests and look for them in outputs." },
  config: { description: "Check, view and explain rules files." },
  rule: { description: "Change a rule of a run." },
  target: { description: "Pause and resume a target of a run." },
};

/** package.json says where the commands are; how the shell looks is said here. */
function readPackage(root: URL): Interfaces.PJSON {
  const pjson: Interfaces.PJSON = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  return {
    ...pjson,
    oclif: {
      ...pjson.oclif,
      topics: GROUPS,
      additionalHelpFlags: ["-h"],
      helpClass: { target: "./dist/cli/help.js", identifier: "ShadowtapHelp" },
    },
  };
}

/** `help COMMAND` is how many people ask; oclif understands `COMMAND --help`. */
function spelledForOclif(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  return first === "help" ? [...rest, "--help"] : [...argv];
}

/** Whether errors are to be read by a program. The flags may be what is wrong, so they are not parsed for it. */
function wantsJson(argv: readonly string[]): boolean {
  const given = argv.findLastIndex((word) => /^(-o|--output)/.test(word));
  if (given < 0)
    return STREAMING.includes(argv[0] ?? "") && process.env["SHADOWTAP_OUTPUT"] === "json";
  return /^(-o=?|--output=)json$/.test(argv[given] ?? "") || argv[given + 1] === "json";
}

/**
 * Runs one command line and returns its exit code: results on stdout, everything else on stderr. `root` is the directory
 * of package.json.
 */
export async function runShell(root: URL, argv: readonly string[]): Promise<number> {
  const topic = argv[0] === "help" ? TOPICS.find((name) => name === argv[1]) : undefined;
  if (topic !== undefined) {
    process.stdout.write(readFileSync(new URL(`docs/${topic}.md`, root), "utf8"));
    return 0;
  }

  let config: Config | undefined;
  try {
    // oclif looks up the user's shell, and dies of a user without an entry in /etc/passwd: a container's.
    process.env["SHELL"] ??= "/bin/sh";
    config = await Config.load({ root: fileURLToPath(root), pjson: readPackage(root) });
    await run(spelledForOclif(argv), config);
    await flush();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
    const commands = (config?.commandIDs ?? []).map((id) => id.replaceAll(":", " "));
    const [first = "", second = ""] = argv;
    const command = config?.findCommand(`${first}:${second}`) ?? config?.findCommand(first);
    const flags = Object.keys(command?.flags ?? {});
    const failure = toFailure(error, { argv, commands, flags });
    process.stderr.write(
      wantsJson(argv)
        ? failureJson(failure)
        : formatFailure(failure, detectStyle(process.stderr, process.env)),
    );
    return failure.exitCode;
  }
}

/** The process's entry. A command that failed may have left timers or children behind: it does not wait for them. */
export async function main(root: URL, argv: readonly string[]): Promise<void> {
  const exitCode = await runShell(root, argv);
  if (exitCode !== 0) process.exit(exitCode);
}
