/** Debian's kernels in qemu, over this machine's own files: one command in one, or a matrix of them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bootAndRun, Interrupted, MachineFailed } from "./machine/boot.ts";
import { KernelUnavailable, provideKernel } from "./machine/kernel-package.ts";
import { runMatrix } from "./machine/matrix.ts";
import { parseVm, USAGE, UsageError, type VmCommand } from "./machine/options.ts";

/** As in sysexits.h. */
const EX_USAGE = 64;
const EX_SOFTWARE = 70;
/** No kernel to be had: what a caller may take for no fault of the project. */
const EX_TEMPFAIL = 75;
/** As a shell says of what SIGINT has ended. */
const INTERRUPTED = 130;

const repository = join(import.meta.dirname, "..");
const cache = join(repository, "build/vm");

async function perform(command: VmCommand): Promise<number> {
  mkdirSync(cache, { recursive: true });
  if (command.kind === "matrix") {
    const result = await runMatrix({ ...command, repository, cache });
    return { good: 0, failed: 1, unavailable: EX_TEMPFAIL }[result];
  }
  return bootAndRun({
    ...command,
    kernel: provideKernel(command.kernel, cache),
    workingDirectory: repository,
    cache,
    onOutput: (stream, bytes) => process[stream].write(bytes),
  });
}

try {
  process.exitCode = await perform(parseVm(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`vm: ${error.message}\n${USAGE}`);
    process.exitCode = EX_USAGE;
  } else if (error instanceof KernelUnavailable) {
    console.error(`vm: ${error.message}`);
    process.exitCode = EX_TEMPFAIL;
  } else if (error instanceof MachineFailed) {
    console.error(`vm: ${error.message}`);
    process.exitCode = EX_SOFTWARE;
  } else if (error instanceof Interrupted) process.exitCode = INTERRUPTED;
  else throw error;
}
