/** What every fault is held against finds what it should. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createCaptureLedger,
  createRuleLedger,
  createSelectionLedger,
  createTargetLedger,
} from "../../src/model/ledger.ts";
import type { MirrorResult } from "../lab/mirror.ts";
import type { LoadReport, SideReport } from "./live-load.ts";
import { judge } from "./verdict.ts";

const SIDE: SideReport = { requests: 10, failures: [], digest: "same", p99Ms: 5 };
const LOAD: LoadReport = { mirrored: SIDE, control: SIDE };

function resultOf(seen: number, delivered: number): MirrorResult {
  const capture = { ...createCaptureLedger(), decoded: seen, seen };
  const rule = { ...createRuleLedger(), name: "all", matched: seen, offered: seen, copies: seen };
  const status = { 200: delivered };
  const target = { ...createTargetLedger(), name: "shadow", offered: seen, delivered, status };
  const selection = { ...createSelectionLedger(), decoded: seen };
  const ledger = { capture, selection, rule: { ...rule, decoded: seen, not_matched: 0 } };
  return {
    code: 0,
    signal: null,
    stdout: "",
    stderr: "",
    summary: {
      ring_bytes: 0,
      ledger: { ...ledger, rules: [rule], targets: [target], imbalance: [] },
      delay: null,
      cost: { cpu_seconds: { keeper: 0, payload: 0 }, max_rss_bytes: 0 },
    },
  };
}

type Evidence = Parameters<typeof judge>[0];

type Change = Partial<Omit<Evidence, "watch">> & { readonly watch?: Partial<Evidence["watch"]> };

function problemsWith(change: Change): readonly string[] {
  const watch = {
    pids: new Set([1]),
    objects: new Set(["prog 1"]),
    cpuShare: 0.1,
    peakBytes: 200e6,
    look() {},
    stop() {},
  };
  const fault = {
    name: "a fault",
    expect: { code: 0, ledger: "whole" as const },
    stage: () => Promise.reject(new Error("never staged")),
  };
  return judge({
    fault,
    otherRequests: 0,
    load: LOAD,
    exit: { code: 0, signal: null },
    result: resultOf(10, 10),
    left: [],
    stderr: "",
    ...change,
    watch: { ...watch, ...change.watch },
  }).problems;
}

function mirrored(change: Partial<SideReport>): { readonly load: LoadReport } {
  return { load: { ...LOAD, mirrored: { ...SIDE, ...change } } };
}

describe("a verdict", () => {
  it("has nothing against a run without trouble, nor against noise", () => {
    assert.deepEqual(problemsWith({}), []);
    assert.deepEqual(problemsWith(mirrored({ p99Ms: 14.9 })), []);
  });

  const cases: Readonly<Record<string, readonly [Change, RegExp]>> = {
    "an answer that differs": [mirrored({ digest: "other" }), /answers differ/],
    "an answer too few": [mirrored({ requests: 9 }), /answers differ/],
    "a request that failed": [
      mirrored({ failures: ["3: closed"] }),
      /1 requests failed \(mirrored\)/,
    ],
    "no load at all": [
      { load: { mirrored: { ...SIDE, requests: 0 }, control: { ...SIDE, requests: 0 } } },
      /no load/,
    ],
    "a p99 beyond the control's": [mirrored({ p99Ms: 15.1 }), /p99 is 15\.1 ms/],
    "a request that is not in the ledger": [{ result: resultOf(9, 9) }, /Seen 9 of 10/],
    "a ledger that does not balance": [
      { result: resultOf(10, 9) },
      /offered = delivered \+ failed/,
    ],
    "a core of its own": [{ watch: { cpuShare: 0.9 } }, /90 % of a core/],
    "too much memory": [{ watch: { peakBytes: 500e6 } }, /held 500 MB/],
    "something left behind": [{ left: ["link 7"] }, /Left behind: link 7/],
    "a watch that saw nothing": [{ watch: { objects: new Set() } }, /No eBPF object/],
    "another exit code": [{ exit: { code: 1, signal: null } }, /ended with 1, not 0/],
  };
  for (const [name, [change, problem]] of Object.entries(cases))
    it(`finds ${name}`, () => {
      assert.match(problemsWith(change).join("\n"), problem);
    });
});
