import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { askRun, askStatus } from "../../../src/agent/control/ask-run.ts";
import { exchange } from "../../../src/agent/control/exchange.ts";
import { type ControlServer, startControl } from "../../../src/agent/control/server.ts";
import { stopRun } from "../../../src/agent/control/stop-run.ts";
import { busyStatus, quietStatus } from "../../report/sample-status.ts";
import { createControlled, inDirectory, leaveDead } from "./control-harness.ts";

/** A run at `directory/pid.sock` that says it is `pid`. */
async function runAt(directory: string, pid: number): Promise<ControlServer> {
  const { controlled } = createControlled({ status: () => ({ ...quietStatus(), pid }) });
  return startControl(join(directory, `${pid}.sock`), controlled);
}

describe("which run is meant", () => {
  test("the one that there is; dead ones and other files do not count", async () => {
    await inDirectory(async (directory) => {
      await leaveDead(join(directory, "1.sock"));
      writeFileSync(join(directory, "notes.txt"), "");
      const run = await runAt(directory, 812);
      assert.equal((await askStatus(undefined, directory)).pid, 812);
      run[Symbol.dispose]();
    });
  });

  test("none: no directory, an empty one, or dead ones only", async () => {
    await inDirectory(async (directory) => {
      const none = { code: "ST_NOT_RUNNING", message: "No shadowtap is running here." };
      await assert.rejects(askStatus(undefined, join(directory, "absent")), none);
      await assert.rejects(askStatus(undefined, directory), none);
      await leaveDead(join(directory, "1.sock"));
      await assert.rejects(askStatus(undefined, directory), none);
    });
  });

  test("several: they are listed", async () => {
    await inDirectory(async (directory) => {
      const first = await runAt(directory, 812);
      const { controlled } = createControlled({ status: () => ({ ...busyStatus(), pid: 1024 }) });
      const second = await startControl(join(directory, "1024.sock"), controlled);
      await assert.rejects(askStatus(undefined, directory), {
        code: "ST_RUN_UNKNOWN",
        message: "2 runs of shadowtap are going on; which one is meant must be said.",
        hints: [
          `--admin-socket ${directory}/812.sock for 812: shadowtap mirror (0.0.0.0:8080 nginx (pid 700)).`,
          `--admin-socket ${directory}/1024.sock for 1024: shadowtap run (/etc/shadowtap.yaml).`,
        ],
      });
      assert.equal((await askStatus(join(directory, "1024.sock"), directory)).pid, 1024);
      first[Symbol.dispose]();
      second[Symbol.dispose]();
    });
  });

  test("the one that is named, which may not be there", async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, "s");
      await assert.rejects(askStatus(path), {
        code: "ST_NOT_RUNNING",
        message: `No shadowtap answers at ${path} (ENOENT).`,
      });
      await assert.rejects(askStatus("x".repeat(200)), { code: "ST_NOT_RUNNING" });
    });
  });

  test("one that this user may not ask", { skip: process.getuid?.() !== 0 }, async () => {
    await inDirectory(async (directory) => {
      const run = await runAt(directory, 812);
      const uid = process.geteuid?.() ?? 0;
      // The way there is open: it is the socket's own mode that refuses.
      chmodSync(directory, 0o711);
      mkdirSync(join(directory, "closed"), { mode: 0o700 });
      process.seteuid?.(65_534);
      try {
        await assert.rejects(askStatus(undefined, join(directory, "closed")), {
          code: "ST_PERMISSION",
        });
        await assert.rejects(askStatus(run.path), { code: "ST_PERMISSION" });
      } finally {
        process.seteuid?.(uid);
      }
      run[Symbol.dispose]();
    });
  });
});

describe("what is answered", () => {
  test("an answer that is not ok is an error with its code and hints", async () => {
    await inDirectory(async (directory) => {
      const run = await runAt(directory, 812);
      await assert.rejects(askRun(run.path, { kind: "pause", target: "x" }), {
        name: "ShadowtapError",
        code: "ST_USAGE",
        exitCode: 64,
        message: 'This run has no target "x".',
        hints: ["Its targets: http://10.0.0.9:8080."],
      });
      const done = await askRun(run.path, { kind: "set_share", rule: "mirror", share: 0.5 });
      assert.equal(done.message, "Rule mirror mirrors 0.5.");
      run[Symbol.dispose]();
    });
  });

  const strange: Readonly<Record<string, [answer: string, code: string]>> = {
    "no JSON": ["SSH-2.0-OpenSSH_9.2\r\n", "EPROTO"],
    "another object": ["{}\n", "EPROTO"],
    "another version's status": ['{"ok":true,"status":{"pid":1}}\n', "EPROTO"],
    nothing: ["", "ECONNRESET"],
    "half an answer": ['{"ok":tr', "ECONNRESET"],
  };
  for (const [name, [text, code]] of Object.entries(strange))
    test(`${name} is no answer`, async () => {
      await inDirectory(async (directory) => {
        const path = join(directory, "s");
        const server = createServer((socket) => socket.resume().end(text)).listen({ path });
        await once(server, "listening");
        await assert.rejects(exchange(path, { kind: "status" }), { code });
        await assert.rejects(askStatus(path), { code: "ST_NOT_RUNNING" });
        server.close();
      });
    });

  test("silence is waited for only so long", async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, "s");
      const server = createServer().listen({ path });
      await once(server, "listening");
      await assert.rejects(exchange(path, { kind: "status" }, 50), { code: "ETIMEDOUT" });
      server.close();
    });
  });
});

/** A process that is a run: it ends 200 ms after it was asked, and says so. */
const RUN = `
import { startControl } from ${JSON.stringify(new URL("../../../src/agent/control/server.ts", import.meta.url).href)};
import { createControlled } from ${JSON.stringify(new URL("./control-harness.ts", import.meta.url).href)};
const keepAlive = setInterval(() => {}, 1000);
const stop = () => {
  setTimeout(() => {
    server[Symbol.dispose]();
    setTimeout(() => { console.log("ended"); clearInterval(keepAlive); }, 100);
  }, 100);
  return "Stopping.";
};
const server = await startControl(process.argv[1], createControlled({ stop }).controlled);
console.log("ready");
`;

async function nextLine(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout!, "data");
  return String(chunk);
}

function hasEnded(pid = 0): boolean {
  try {
    // Z: a zombie, which only waits for this process to hear of its end.
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
}

describe("stop", () => {
  test("waits until the process has ended", async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, "s");
      const words = ["--input-type=module", "-e", RUN, path];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
      assert.equal(await nextLine(child), "ready\n");
      const ended = nextLine(child);
      const exited = once(child, "exit");
      assert.equal(await stopRun(path), child.pid);
      assert.ok(hasEnded(child.pid), "it has ended");
      assert.equal(await ended, "ended\n");
      assert.deepEqual(await exited, [0, null]);
    });
  });
});
