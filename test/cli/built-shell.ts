import { execFile, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one command line did. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** shadowtap as it is installed, built into a directory of its own. */
export interface BuiltShell {
  readonly root: string;
  /** Runs one command line with Node's own flags before it. Nothing of the test's environment reaches it. */
  run(
    argv: readonly string[],
    how?: { env?: Record<string, string>; nodeFlags?: readonly string[] },
  ): Promise<Ran>;
  dispose(): void;
}

const repository = join(import.meta.dirname, "../..");

/**
 * Builds into a temporary directory, so that no other build is disturbed. Errors of the type checker are left to the type
 * check; what it emits is what runs.
 */
export function buildShell(): BuiltShell {
  const root = mkdtempSync(join(tmpdir(), "shadowtap-cli-"));
  const compiler = join(repository, "node_modules/.bin/tsc");
  const project = join(repository, "tsconfig.build.json");
  const built = spawnSync(compiler, ["-p", project, "--outDir", join(root, "dist")], {
    encoding: "utf8",
  });
  if (!existsSync(join(root, "dist/cli/shell.js")))
    throw new Error(`The build failed: ${built.stdout}${built.stderr}`);
  cpSync(join(repository, "src/report/wire.gen.js"), join(root, "dist/report/wire.gen.js"));
  for (const part of ["bin", "docs", "package.json"])
    cpSync(join(repository, part), join(root, part), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));

  return {
    root,
    run(argv, { env = {}, nodeFlags = [] } = {}) {
      const words = [...nodeFlags, join(root, "bin/shadowtap.js"), ...argv];
      const options = {
        cwd: root,
        env: { HOME: root, LANG: "C.UTF-8", TZ: "UTC", ...env },
        timeout: 30_000,
      };
      return new Promise((resolve) => {
        execFile(process.execPath, words, options, (error, stdout, stderr) => {
          const exitCode = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
          resolve({ stdout, stderr, exitCode });
        });
      });
    },
    dispose() {
      rmSync(root, { recursive: true, force: true });
    },
  };
}
