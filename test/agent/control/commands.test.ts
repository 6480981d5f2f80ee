import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ControlServer, startControl } from "../../../src/agent/control/server.ts";
import type { Controlled } from "../../../src/model/control.ts";
import { formatStatus } from "../../../src/report/status-text.ts";
import { type BuiltShell, buildShell } from "../../cli/built-shell.ts";
import { busyStatus } from "../../report/sample-status.ts";
import { createControlled, inDirectory } from "./control-harness.ts";

const UNICODE = { colour: false, unicode: true };

describe("commands that talk to a run", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  before(() => {
    shell = buildShell();
  });
  after(() => shell.dispose());

  async function withRun(
    work: (path: string, told: readonly string[], run: ControlServer) => Promise<void>,
    changes: Partial<Controlled> = {},
  ): Promise<void> {
    await inDirectory(async (directory) => {
      const { controlled, told } = createControlled({ status: busyStatus, ...changes });
      const run = await startControl(join(directory, "s"), controlled);
      try {
        await work(run.path ?? "", told, run);
      } finally {
        run[Symbol.dispose]();
      }
    });
  }

  test("status, for people and for programs, the socket also from the environment", async () => {
    await withRun(async (path) => {
      const [text, json] = await Promise.all([
        shell.run(["status", "--admin-socket", path]),
        shell.run(["status", "-o", "json"], { env: { SHADOWTAP_ADMIN_SOCKET: path } }),
      ]);
      assert.deepEqual(text, {
        stdout: formatStatus(busyStatus(), UNICODE),
        stderr: "",
        exitCode: 0,
      });
      assert.equal(JSON.parse(json.stdout).kind, "RunStatus");
      assert.equal(json.exitCode, 0);
    });
  });

  test("status --watch ends with Ctrl-C, exit code 0", async () => {
    await withRun(async (path) => {
      const words = [
        join(shell.root, "bin/shadowtap.js"),
        "status",
        "--watch",
        "--admin-socket",
        path,
      ];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "exit"), [0, null]);
    });
  });

  test("status --watch into a reader that leaves ends in order", async () => {
    // More than a pipe holds, so that the reader leaves while the first look is written.
    const status = () => ({ ...busyStatus(), attachments: ["x".repeat(1 << 18)] });
    await withRun(
      async (path) => {
        const line = `"$0" "$1" status --watch --admin-socket ${path} -o json | head -c 1`;
        const words = ["-c", line, process.execPath, join(shell.root, "bin/shadowtap.js")];
        const stdout = await new Promise<string>((resolve, reject) => {
          const child = execFile("sh", words, { timeout: 20_000 }, (error, text) =>
            error === null ? resolve(text) : reject(error),
          );
          child.stdin?.end();
        });
        assert.equal(stdout, "{");
      },
      { status },
    );
  });

  test("target pause and resume, rule set, reload: what the run says", async () => {
    await withRun(async (path, told) => {
      const socket = ["--admin-socket", path];
      const said = [];
      for (const words of [
        ["target", "pause", "other"],
        ["target", "resume", "other"],
        ["rule", "set", "search", "--percent", "0.5"],
        ["reload"],
      ])
        said.push(await shell.run([...words, ...socket]));
      assert.deepEqual(
        said.map(({ stdout, exitCode }) => [stdout, exitCode]),
        [
          ["Target other is paused.\n", 0],
          ["Target other is resumed.\n", 0],
          ["Rule search mirrors 0.005.\n", 0],
          ["Reloaded.\n", 0],
        ],
      );
      assert.deepEqual(told, ["pause other", "resume other", "search 0.005", "reload"]);
    });
  });

  test("stop waits for the run and names it", async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    const stop = () => {
      resolve();
      return "Stopping.";
    };
    // A pid that no process has: the run is over when its socket is.
    const status = () => ({ ...busyStatus(), pid: 2 ** 22 + 1 });
    await withRun(
      async (path, _, run) => {
        const asked = shell.run(["stop", "--admin-socket", path]);
        await stopped;
        run[Symbol.dispose]();
        assert.deepEqual(await asked, {
          stdout: `Stopped the run with pid ${2 ** 22 + 1}.\n`,
          stderr: "",
          exitCode: 0,
        });
      },
      { stop, status },
    );
  });

  test("unknown names, bad values and absent runs", async () => {
    await withRun(async (path) => {
      const socket = ["--admin-socket", path];
      const cases: readonly [words: readonly string[], error: RegExp, exitCode: number][] = [
        [
          ["target", "pause", "othr", ...socket],
          /^Error: This run has no target "othr"\.\nCode: ST_USAGE\nTry this:\n {2}\* Did you mean `other`\?\n {2}\* Its targets: http:\/\/10\.0\.0\.9:8080, other\.\n/,
          64,
        ],
        [
          ["rule", "set", "serch", "--percent", "1", ...socket],
          /^Error: This run has no rule "serch"\.\nCode: ST_USAGE\nTry this:\n {2}\* Did you mean `search`\?\n {2}\* Its rules: orders-v2, search\.\n/,
          64,
        ],
        [
          ["rule", "set", "search", "--percent", "101", ...socket],
          /^Error: --percent "101" is not a number from 0 to 100\.\nCode: ST_USAGE\n/,
          64,
        ],
        [["rule", "set", "search", ...socket], /^Error: --percent is required\.\n/, 64],
        [["target", "pause", ...socket], /^Error: /, 64],
        [
          ["status", "--admin-socket", `${path}x`],
          /^Error: No shadowtap answers at .*x \(ENOENT\)\.\nCause: .*\nCode: ST_NOT_RUNNING\n/,
          69,
        ],
      ];
      const ran = await Promise.all(cases.map(([words]) => shell.run(words)));
      for (const [index, [, error, exitCode]] of cases.entries()) {
        assert.match(ran[index]?.stderr ?? "", error);
        assert.equal(ran[index]?.exitCode, exitCode);
        assert.equal(ran[index]?.stdout, "");
      }
    });
  });
});
