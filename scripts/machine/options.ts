import { parseArgs } from "node:util";

/** Kernels that are known by name, and the suite of Debian that each comes from. */
export const SUITES: Readonly<Record<string, string>> = {
  "5.10": "bullseye",
  "6.1": "bookworm",
  "6.12": "trixie",
  sid: "sid",
};

export type VmCommand =
  | {
      readonly kind: "run";
      readonly kernel: string;
      readonly memoryMiB: number;
      readonly limitSeconds: number;
      readonly command: readonly string[];
    }
  | {
      readonly kind: "matrix";
      readonly kernels: readonly string[];
      readonly quick: boolean;
    };

/** Words of the command line that make no sense. */
export class UsageError extends Error {}

export const USAGE = `usage: scripts/vm run --kernel KERNEL [--memory MB] [--time SECONDS] -- COMMAND…
       scripts/vm matrix [--quick] [KERNEL…]

KERNEL is ${Object.keys(SUITES).join(", ")} or the path of a kernel's .deb; for matrix also \`host\`. Without any, matrix runs
all of them and writes docs/kernels.md; --quick loads every program, asks doctor and runs the shortest tests.`;

/** Reads the command line; throws UsageError. */
export function parseVm(words: readonly string[]): VmCommand {
  const [kind, ...rest] = words;
  if (kind === "run") return parseRun(rest);
  if (kind === "matrix") return parseMatrix(rest);
  throw new UsageError(kind === undefined ? "Say what to do." : `There is no command ${kind}.`);
}

function parseRun(words: readonly string[]): VmCommand {
  const { values, positionals } = parsed(words, {
    kernel: { type: "string" },
    memory: { type: "string" },
    time: { type: "string" },
  });
  const { kernel } = values;
  if (typeof kernel !== "string") throw new UsageError("Say which kernel: --kernel.");
  requireKernel(kernel);
  if (positionals.length === 0) throw new UsageError("Say which command to run, after `--`.");
  return {
    kind: "run",
    kernel,
    memoryMiB: wholeNumber("--memory", values["memory"], 3072),
    limitSeconds: wholeNumber("--time", values["time"], 600),
    command: positionals,
  };
}

function parseMatrix(words: readonly string[]): VmCommand {
  const { values, positionals } = parsed(words, { quick: { type: "boolean" } });
  for (const kernel of positionals) if (kernel !== "host") requireKernel(kernel);
  const kernels = positionals.length > 0 ? positionals : [...Object.keys(SUITES), "host"];
  return { kind: "matrix", kernels, quick: values["quick"] === true };
}

function parsed(
  words: readonly string[],
  options: Readonly<Record<string, { readonly type: "string" | "boolean" }>>,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requireKernel(kernel: string): void {
  if (SUITES[kernel] === undefined && !kernel.endsWith(".deb"))
    throw new UsageError(
      `There is no kernel ${kernel}: it is ${Object.keys(SUITES).join(", ")} or a .deb file.`,
    );
}

function wholeNumber(flag: string, text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} ${String(text)} is not a positive whole number.`);
}
