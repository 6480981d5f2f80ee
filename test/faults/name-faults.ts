import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS, type Lab } from "../lab/lab.ts";
import { firstTarget } from "../lab/mirror.ts";
import type { Nginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";
import { type Fault, mirrorArgs, startShadow } from "./fault.ts";
import { LIVE_PORT } from "./live-load.ts";
import { type NameAnswer, startNameServer } from "./name-server.ts";

const SHADOW = ADDRESS.shadow.v4;
const MOVED = "10.77.2.4";
const TARGET = `http://shadow.test:${LIVE_PORT}`;
const KNOWN: NameAnswer = { kind: "addresses", addresses: [SHADOW] };
/** A name is asked for again after 30 s, or when its addresses take no connection. */
const PATIENCE_MS = 20_000;

/** Before that, no address is known to whoever sends the copies. */
function untilMirrored(shadow: Nginx): Promise<void> {
  return until(
    async () => (await shadow.count()) > 0,
    PATIENCE_MS,
    () => "nothing is mirrored",
  );
}

/** The shadow dies, so that its name is asked for again, and comes back where it was. */
function answeredWith(name: string, answer: NameAnswer): Fault {
  return {
    name,
    expect: { code: 0, ledger: "whole" },
    async stage(lab) {
      const names = await startNameServer(lab, KNOWN);
      const shadow = await startShadow(lab);
      return {
        args: mirrorArgs(TARGET),
        through: names.through,
        async inject() {
          await untilMirrored(shadow);
          names.answer(answer);
          await shadow.program.stop();
          await delay(3_500);
          const again = await startShadow(lab);
          await until(
            async () => (await again.count()) > 0,
            PATIENCE_MS,
            () => "nothing is mirrored since the shadow is back",
          );
          assert.ok(names.asked(answer.kind) > 0, "nobody asked");
        },
      };
    },
  };
}

async function ip(lab: Lab, ...args: string[]): Promise<void> {
  const { code, stderr } = await lab.shadow.run("ip", args);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

const moves: Fault = {
  name: "DNS changes: the shadow moves to another address",
  expect: { code: 0, ledger: "whole" },
  async stage(lab) {
    const names = await startNameServer(lab, KNOWN);
    const shadow = await startShadow(lab);
    return {
      args: mirrorArgs(TARGET),
      through: names.through,
      async inject({ program }) {
        await untilMirrored(shadow);
        names.answer({ kind: "addresses", addresses: [MOVED] });
        await ip(lab, "address", "del", `${SHADOW}/24`, "dev", "cable1");
        await ip(lab, "address", "add", `${MOVED}/24`, "dev", "cable1");
        const before = await shadow.count();
        await until(
          async () => (await shadow.count()) > before + 20,
          PATIENCE_MS,
          () => `nothing is mirrored to the new address: ${program.stderr()}`,
        );
      },
      check({ result }) {
        assert.ok(firstTarget(result().summary).delivered > 20);
      },
    };
  },
};

export const NAME_FAULTS: readonly Fault[] = [
  answeredWith("DNS fails", { kind: "failure" }),
  answeredWith("DNS knows the name no more", { kind: "no_such_name" }),
  answeredWith("DNS is silent", { kind: "silent" }),
  moves,
];
