import assert from "node:assert/strict";
import { appendFileSync, closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "../lab/lab.ts";
import { firstTarget, type Mirror } from "../lab/mirror.ts";
import { type End, type Fault, mirrorArgs, startShadow } from "./fault.ts";
import { createReloads } from "./rule-faults.ts";

const DISK_BYTES = 128 * 1024;
const PAGE_BYTES = 4_096;

/** A small disk that only one shadowtap sees, and that goes with it. */
function smallDisk(lab: Lab, redirect: string) {
  const directory = join(lab.dir, "disk");
  const mount = `mount -t tmpfs -o size=${DISK_BYTES},mode=755 tmpfs ${directory}`;
  const inside = ({ program }: Mirror, name: string) =>
    `/proc/${program.pid}/root${directory}/${name}`;
  return {
    directory,
    through: [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mkdir -p ${directory} && ${mount} && exec "$@" ${redirect.replaceAll("DISK", directory)}`,
      "sh",
    ],
    /** Leaves no byte free, not even in the last page of `appended`. */
    fill(mirror: Mirror, appended?: string): void {
      if (appended !== undefined) {
        const { size } = statSync(inside(mirror, appended));
        appendFileSync(inside(mirror, appended), Buffer.alloc(PAGE_BYTES - (size % PAGE_BYTES)));
      }
      const file = openSync(inside(mirror, "ballast"), "a");
      try {
        for (;;) writeSync(file, Buffer.alloc(PAGE_BYTES));
      } catch {
        // It is full.
      } finally {
        closeSync(file);
      }
    },
  };
}

function assertDelivered({ result }: End): void {
  assert.ok(firstTarget(result().summary).delivered > 0, "nothing was delivered");
}

const lines: Fault = {
  name: "disk full for lines",
  expect: { code: 0, ledger: "whole", args: ["-o", "json"] },
  async stage(lab) {
    await startShadow(lab);
    const disk = smallDisk(lab, ">DISK/lines");
    return {
      through: disk.through,
      async inject(mirror) {
        disk.fill(mirror);
        await delay(2_000);
      },
      check: assertDelivered,
    };
  },
};

const messages: Fault = {
  name: "disk full for messages",
  expect: { code: 0, ledger: "whole" },
  async stage(lab) {
    const shadow = await startShadow(lab);
    const disk = smallDisk(lab, "2>>DISK/messages");
    return {
      through: disk.through,
      async inject(mirror) {
        disk.fill(mirror, "messages");
        // Something to say.
        await shadow.program.stop();
        await delay(2_000);
        await startShadow(lab);
      },
    };
  },
};

const summary: Fault = {
  name: "disk full for the summary",
  expect: { code: 73, ledger: "none" },
  async stage(lab) {
    await startShadow(lab);
    const disk = smallDisk(lab, "");
    return {
      args: [...mirrorArgs(), "--summary-file", join(disk.directory, "summary.json")],
      through: disk.through,
      inject: async (mirror) => disk.fill(mirror),
      check({ stderr }) {
        // The ledger is told all the same.
        assert.match(stderr, /The ledger balances/);
        assert.match(stderr, /summary\.json cannot be written \(ENOSPC\)/);
      },
    };
  },
};

const auditTrail: Fault = {
  name: "disk full for the audit trail",
  expect: { code: 0, ledger: "whole" },
  async stage(lab) {
    await startShadow(lab);
    const disk = smallDisk(lab, "");
    const { args, reload } = createReloads(lab);
    return {
      command: "run",
      args: [...args, "--audit-file", join(disk.directory, "audit.jsonl")],
      through: disk.through,
      async inject(mirror) {
        disk.fill(mirror);
        // More to write than fits into the file's last page.
        await reload(mirror);
      },
      check(end) {
        assertDelivered(end);
        assert.match(end.stderr, /audit\.jsonl cannot be written \(ENOSPC\)\. The run goes on/);
        assert.match(end.stderr, /audit\.jsonl lacks its end/);
      },
    };
  },
};

const stalledReader: Fault = {
  name: "nobody reads the lines",
  expect: { code: 0, ledger: "whole", args: ["-o", "json"] },
  async stage(lab) {
    await startShadow(lab);
    return {
      async inject({ program }) {
        program.child.stdout?.pause();
        await delay(2_500);
        program.child.stdout?.resume();
      },
      check: assertDelivered,
    };
  },
};

export const OUTPUT_FAULTS: readonly Fault[] = [
  lines,
  messages,
  summary,
  auditTrail,
  stalledReader,
];
