import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";
import type { Mirror } from "../lab/mirror.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";
import { type Fault, startShadow, TARGET } from "./fault.ts";
import { LIVE_PORT } from "./live-load.ts";

const RELOADS = 20;

/** Rules of which one wants everything and the other changes every time; every third file has a mistake. */
function ruleFile(turn: number): string {
  const to = { url: TARGET, timeout: "1s" };
  const from = { ports: [LIVE_PORT] };
  const mirrors = [
    {
      name: `turn-${turn}`,
      from,
      match: { path: { value: `/item/${turn}` } },
      allowMethods: "all",
      to,
    },
    { name: "rest", from, allowMethods: "all", to },
  ];
  const kind = turn % 3 === 2 ? "Mistake" : "MirrorConfig";
  return JSON.stringify({ apiVersion: "shadowtap.dev/v1alpha1", kind, mirrors });
}

/** A file of rules that can be reloaded again and again. */
export function createReloads(lab: Lab) {
  const file = join(lab.dir, "rules.json");
  const write = (turn: number) => {
    writeFileSync(`${file}.new`, ruleFile(turn));
    renameSync(`${file}.new`, file);
  };
  write(0);
  return {
    args: ["-c", file, "--no-watch"] as readonly string[],
    /** One after the other: the next begins when the last was taken over or refused. */
    async reload({ program }: Mirror): Promise<void> {
      const told = () => program.stderr().match(/^Reloaded|refused|invalid/gim)?.length ?? 0;
      for (let turn = 1; turn <= RELOADS; turn++) {
        const before = told();
        write(turn);
        kill(program.pid, "SIGHUP");
        await until(
          () => told() > before,
          10_000,
          () => program.stderr(),
        );
      }
    },
  };
}

const reloads: Fault = {
  name: "reload in a loop, every third one refused",
  expect: { code: 0, ledger: "whole" },
  async stage(lab) {
    await startShadow(lab);
    const { args, reload } = createReloads(lab);
    return {
      command: "run",
      args,
      inject: reload,
      check({ stderr }) {
        assert.ok((stderr.match(/^Reloaded/gm)?.length ?? 0) > RELOADS / 2, stderr);
      },
    };
  },
};

export const RULE_FAULTS: readonly Fault[] = [reloads];
