import { stripVTControlCharacters } from "node:util";
import { Errors } from "@oclif/core";
import { closest } from "../model/closest.ts";
import { ERRORS, type ErrorCode, ShadowtapError } from "../model/errors.ts";
import { paint, type Style } from "../report/style.ts";

/** Why a command ended early, as it is told to the user. */
export interface Failure {
  /** A sentence: what happened. */
  readonly message: string;
  /** Undefined for an unexpected error, which is a fault of shadowtap. */
  readonly code: ErrorCode | undefined;
  /** What to do next, most likely first; each a sentence. */
  readonly hints: readonly string[];
  readonly exitCode: number;
  /** More lines for whoever has to find the reason: a cause, a stack. */
  readonly details: readonly string[];
}

/** What is known about the command line when it is refused. */
export interface CommandLine {
  readonly argv: readonly string[];
  /** Names of all commands, words separated by a space. */
  readonly commands: readonly string[];
  /** Names of the flags of the command that was called. */
  readonly flags: readonly string[];
}

/** The command that was called, if there is one of that name. */
function calledCommand({ argv, commands }: CommandLine): string | undefined {
  return commands.find((name) => name === `${argv[0]} ${argv[1]}` || name === argv[0]);
}

function helpHint(line: CommandLine): string {
  const command = calledCommand(line);
  return command === undefined
    ? "Run `shadowtap --help` for the commands."
    : `Run \`shadowtap ${command} --help\` for its flags and examples.`;
}

/** Words without a flag before them are mostly ports, where there is such a flag. */
function valueHint({ flags }: CommandLine): string[] {
  return flags.includes("port") ? ["Write values behind their flags, such as --port 8080."] : [];
}

function joined(words: readonly string[], conjunction: "and" | "or"): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${conjunction} ${words[words.length - 1]}`;
}

function meant(typed: string, candidates: readonly string[], prefix: string): string[] {
  const candidate = closest(typed, candidates);
  return candidate === undefined ? [] : [`Did you mean \`${prefix}${candidate}\`?`];
}

/** Says in our words what oclif's parser found wrong; its own differ from error to error, and so do its exit codes. */
function refusal(error: Error, line: CommandLine): { message: string; hints: string[] } {
  const text = stripVTControlCharacters(error.message).replace(/\nSee more help with --help$/, "");

  const unknownFlags = /^Nonexistent flags?: (.+)$/.exec(text)?.[1]?.split(", ");
  if (unknownFlags !== undefined)
    return {
      message: `There is no flag ${joined(unknownFlags, "or")}.`,
      hints: unknownFlags.flatMap((flag) => meant(flag.replace(/^-+/, ""), line.flags, "--")),
    };

  const command = /^command (.+) not found\.?$/i.exec(text)?.[1]?.replaceAll(":", " ");
  if (command !== undefined) {
    const [first = "", ...rest] = command.split(" ");
    const called = calledCommand(line);
    if (called === first)
      return {
        message: `${first} takes no argument ${JSON.stringify(rest.join(" "))}.`,
        hints: valueHint(line),
      };
    return {
      message: `There is no command ${JSON.stringify(command)}.`,
      hints: first.startsWith("-")
        ? ["Write the command first, then its flags."]
        : meant(command, line.commands, "shadowtap "),
    };
  }

  const extra = /^Unexpected arguments?: (.+)$/.exec(text)?.[1];
  if (extra !== undefined)
    return {
      message: `${calledCommand(line) ?? line.argv[0]} takes no argument ${JSON.stringify(extra)}.`,
      hints: valueHint(line),
    };

  const argument = /^Missing \d+ required args?:\s+(\S+)/.exec(text)?.[1];
  if (argument !== undefined)
    return { message: `${calledCommand(line)} needs a ${argument.toUpperCase()}.`, hints: [] };

  const missing = [...text.matchAll(/Missing required flag (\S+)/g)].map(([, name]) => `--${name}`);
  if (missing.length > 0)
    return {
      message: `${joined(missing, "and")} ${missing.length === 1 ? "is" : "are"} required.`,
      hints: [],
    };

  const valueless = /^Flag (--\S+) expects a value$/.exec(text)?.[1];
  if (valueless !== undefined) return { message: `${valueless} needs a value.`, hints: [] };

  const choice = /^Expected (--[^=]+)=(.*) to be one of: (.+)$/s.exec(text);
  if (choice !== null)
    return {
      message: `${choice[1]} ${JSON.stringify(choice[2])} is not one of ${choice[3]}.`,
      hints: meant(choice[2] ?? "", (choice[3] ?? "").split(", "), `${choice[1]} `),
    };

  return { message: text.endsWith(".") ? text : `${text}.`, hints: [] };
}

function causes(error: Error): string[] {
  const { cause } = error;
  if (cause === undefined) return [];
  return [`Cause: ${cause instanceof Error ? cause.message : String(cause)}`];
}

/** What to tell about anything that was thrown. */
export function toFailure(error: unknown, line: CommandLine): Failure {
  if (error instanceof ShadowtapError) {
    const { message, code, hints, exitCode } = error;
    const more = code === "ST_USAGE" || code === "ST_TARGET_INVALID" ? [helpHint(line)] : [];
    return { message, code, hints: [...hints, ...more], exitCode, details: causes(error) };
  }
  if (error instanceof Errors.CLIError) {
    const { message, hints } = refusal(error, line);
    const { exitCode } = ERRORS.ST_USAGE;
    return {
      message,
      code: "ST_USAGE",
      hints: [...hints, helpHint(line)],
      exitCode,
      details: [],
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? "").split("\n").slice(1) : [];
  return {
    message: `Unexpected error: ${message}`,
    code: undefined,
    hints: ["This is a fault of shadowtap: please report it together with this text."],
    exitCode: 1,
    details: [...stack, ...(error instanceof Error ? causes(error) : [])],
  };
}

function reference(failure: Failure): string {
  return failure.code === undefined
    ? "docs/exit-codes.md"
    : `docs/errors.md#${failure.code.toLowerCase()}`;
}

/** For people, on stderr. Ends with a line feed. */
export function formatFailure(failure: Failure, style: Style): string {
  const lines = [
    `${paint(style, "red", "Error:")} ${failure.message}`,
    ...failure.details,
    ...(failure.code === undefined ? [] : [`Code: ${failure.code}`]),
    ...(failure.hints.length === 0 ? [] : ["Try this:"]),
    ...failure.hints.map((hint) => `  * ${hint}`),
    `Reference: ${reference(failure)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** For programs, on stderr, when `-o json` was asked for: one line. */
export function failureJson(failure: Failure): string {
  const { code, message, hints, exitCode } = failure;
  return `${JSON.stringify({
    error: { code: code ?? null, message, suggestions: hints, ref: reference(failure), exitCode },
  })}\n`;
}
