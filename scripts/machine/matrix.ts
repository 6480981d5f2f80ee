import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootAndRun, MachineFailed } from "./boot.ts";
import { KernelUnavailable, provideKernel } from "./kernel-package.ts";
import {
  formatPage,
  formatTable,
  isGood,
  type KernelReport,
  type MatrixRow,
} from "./matrix-report.ts";

const GUEST = "scripts/vm-guest.ts";
const MEMORY_MIB = 3072;
const LIMIT_SECONDS = { quick: 200, full: 600 } as const;

/** Tests of the kernel tier that neither need more than an emulated machine has, nor measure its speed. */
const TESTS = {
  quick: ["test/kernel/packets.test.ts", "test/kernel/cpu-share.test.ts"],
  full: [
    "test/kernel/packets.test.ts",
    "test/kernel/loader.test.ts",
    "test/kernel/cpu-share.test.ts",
    "test/kernel/sockets.test.ts",
    "test/kernel/clsact-beat.test.ts",
    "test/kernel/capture.test.ts",
    "test/kernel/select-capture.test.ts",
    "test/kernel/selection.test.ts",
    "test/kernel/privileges.test.ts",
  ],
} as const;

export interface MatrixPlan {
  readonly kernels: readonly string[];
  readonly quick: boolean;
  readonly repository: string;
  readonly cache: string;
}

/** How a matrix ended. `unavailable`: nothing failed, but of some kernel there was no package to be had. */
export type MatrixResult = "good" | "failed" | "unavailable";

/** Goes through the kernels one after the other, prints the table, and writes docs/kernels.md when it was the whole. */
export async function runMatrix(plan: MatrixPlan): Promise<MatrixResult> {
  const rows: MatrixRow[] = [];
  let isMissing = false;
  for (const kernel of plan.kernels) {
    try {
      rows.push({ kernel, report: await reportOn(kernel, plan) });
    } catch (error) {
      if (!(error instanceof KernelUnavailable || error instanceof MachineFailed)) throw error;
      if (error instanceof KernelUnavailable) isMissing = true;
      console.error(error.message);
      rows.push({ kernel, failure: error instanceof KernelUnavailable ? "no package" : "failed" });
    }
  }
  console.log(`\n${formatTable(rows)}`);
  // A part of the tests, or of the kernels, is no account of what works where.
  if (!plan.quick && plan.kernels.length > 1 && !isMissing)
    writeFileSync(join(plan.repository, "docs/kernels.md"), formatPage(rows));
  if (rows.some((row) => row.failure !== "no package" && !isGood(row))) return "failed";
  return isMissing ? "unavailable" : "good";
}

async function reportOn(kernel: string, plan: MatrixPlan): Promise<KernelReport> {
  const tests = TESTS[plan.quick ? "quick" : "full"];
  const flags = ["--disable-warning=ExperimentalWarning", "--disable-sigusr1"];
  const command = ["node_modules/.bin/node", ...flags, GUEST];
  let out = "";
  const onOutput = (stream: "stdout" | "stderr", bytes: Uint8Array): void => {
    if (stream === "stderr") process.stderr.write(bytes);
    else out += Buffer.from(bytes).toString("utf8");
  };
  const code =
    kernel === "host"
      ? await runHere([...command, ...tests], plan.repository, onOutput)
      : await bootAndRun({
          kernel: provideKernel(kernel, plan.cache),
          command: [...command, "--emulated", ...tests],
          workingDirectory: plan.repository,
          memoryMiB: MEMORY_MIB,
          limitSeconds: LIMIT_SECONDS[plan.quick ? "quick" : "full"],
          cache: plan.cache,
          onOutput,
        });
  if (code !== 0) throw new MachineFailed(`${GUEST} ended with ${code} on ${kernel}.`);
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}

function runHere(
  command: readonly string[],
  directory: string,
  onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void,
): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo"];
  const [program = "", ...args] = [...asRoot, ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (bytes: Buffer) => onOutput("stdout", bytes));
    child.stderr.on("data", (bytes: Buffer) => onOutput("stderr", bytes));
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
