import { setTimeout as sleep } from "node:timers/promises";
import { deleteFromMap, indexKey, updateMap } from "../kernel/map.ts";
import type { BpfObject } from "../kernel/object.ts";
import type { KernelRules, KernelSample, RuleMask, ScanTable } from "../model/kernel-rules.ts";
import type { Cidr } from "../model/rule.ts";
import type { ControlMap } from "./control-map.ts";
import {
  ST_LIMIT,
  ST_PORT_SET,
  ST_PREFIX,
  ST_RULE_SET,
  ST_SCAN_FLAG,
  ST_SCAN_TABLE,
  ST_SLOT_CGROUP,
  ST_SLOT_PORT,
  ST_SLOT_UID,
} from "./layout.gen.ts";

/** A program that read the generation before the last change has long ended after this. */
const GRACE_MS = 50;
const ALL = 0xffffffff;

/** The rule sets in the kernel: two slots, of which one is in force. */
export interface RulesMap {
  /** Fills the slot that is not in force, and then puts it in force for every packet at once. */
  apply(rules: KernelRules): Promise<void>;
  /** Changes the shares of the rule set in force. A request may still be drawn by the share before. */
  resample(rules: KernelRules): void;
}

interface Entry {
  readonly map: string;
  readonly key: Uint8Array;
}

/** The entries of one slot in the tables that both slots share; kept to be removed. */
export function openRulesMap(object: BpfObject, control: ControlMap): RulesMap {
  const entries: Entry[][] = [[], []];
  let appliedMs = Number.NEGATIVE_INFINITY;

  const clear = (slot: number) => {
    for (const { map, key } of entries[slot] ?? []) deleteFromMap(object.mapFd(map), key);
    entries[slot] = [];
  };
  const add = (slot: number, map: string, key: Uint8Array, rules: RuleMask) => {
    updateMap(object.mapFd(map), key, maskBytes(rules));
    entries[slot]?.push({ map, key });
  };

  return {
    async apply(rules) {
      const slot = rules.generation % ST_LIMIT.ST_SLOTS;
      await sleep(Math.max(0, appliedMs + GRACE_MS - performance.now()));
      clear(slot);
      for (const [port, mask] of rules.ports) add(slot, "st_port_rules", portKey(slot, port), mask);
      for (const [side, prefixes] of [rules.local, rules.remote].entries())
        for (const { cidr, rules: mask } of prefixes)
          add(slot, "st_prefixes", prefixKey(slot, side, cidr), mask);
      for (const [uid, mask] of rules.uids) add(slot, "st_uids", uidKey(slot, uid), mask);
      for (const [id, { rules: mask }] of rules.cgroups)
        add(slot, "st_cgroups", cgroupKey(slot, BigInt(id)), mask);
      updateMap(object.mapFd("st_ports"), indexKey(slot), portSet(rules.ports.keys()));
      updateMap(object.mapFd("st_scan_tables"), indexKey(slot), scanTable(rules.scan));
      updateMap(object.mapFd("st_rule_sets"), indexKey(slot), ruleSet(rules));
      control.enforce(rules.generation);
      appliedMs = performance.now();
    },
    resample(rules) {
      const slot = rules.generation % ST_LIMIT.ST_SLOTS;
      updateMap(object.mapFd("st_rule_sets"), indexKey(slot), ruleSet(rules));
    },
  };
}

function maskBytes(mask: RuleMask): Uint8Array {
  return new Uint8Array(BigUint64Array.of(mask).buffer);
}

function portSet(ports: Iterable<number>): Uint8Array {
  const set = new Uint8Array(ST_PORT_SET.sizeof);
  for (const port of ports) set[port >> 3] = (set[port >> 3] ?? 0) | (1 << (port & 7));
  return set;
}

function portKey(slot: number, port: number): Uint8Array {
  return twoWords(ST_SLOT_PORT.sizeof, slot, port);
}

function uidKey(slot: number, uid: number): Uint8Array {
  return twoWords(ST_SLOT_UID.sizeof, slot, uid);
}

function twoWords(bytes: number, first: number, second: number): Uint8Array {
  const key = new Uint32Array(bytes / 4);
  key[0] = first;
  key[1] = second;
  return new Uint8Array(key.buffer);
}

function cgroupKey(slot: number, id: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(ST_SLOT_CGROUP.sizeof));
  view.setBigUint64(ST_SLOT_CGROUP.id, id, true);
  view.setUint32(ST_SLOT_CGROUP.slot, slot, true);
  return new Uint8Array(view.buffer);
}

function prefixKey(slot: number, side: number, { address, bits }: Cidr): Uint8Array {
  const view = new DataView(new ArrayBuffer(ST_PREFIX.sizeof));
  view.setUint32(ST_PREFIX.bits, 32 + bits, true);
  view.setUint32(ST_PREFIX.place, slot * 2 + side, true);
  const key = new Uint8Array(view.buffer);
  key.set(Buffer.from(address, "hex"), ST_PREFIX.addr);
  return key;
}

function scanTable({ classes, next, flags, sets, satisfied }: ScanTable): Uint8Array {
  const table = new Uint8Array(ST_SCAN_TABLE.sizeof);
  table.set(classes, ST_SCAN_TABLE.classes);
  new Uint16Array(table.buffer, ST_SCAN_TABLE.next, next.length).set(next);
  const info = flags.length;
  const words = new Uint16Array(table.buffer, ST_SCAN_TABLE.info, info);
  for (let state = 0; state < info; state++)
    words[state] = (flags[state] ?? 0) | ((sets[state] ?? 0) << ST_SCAN_FLAG.ST_SCAN_SET_SHIFT);
  new BigUint64Array(table.buffer, ST_SCAN_TABLE.satisfied, satisfied.length).set(satisfied);
  return table;
}

function ruleSet(rules: KernelRules): Uint8Array {
  const view = new DataView(new ArrayBuffer(ST_RULE_SET.sizeof));
  const mask = (offset: number, value: RuleMask) => view.setBigUint64(offset, value, true);
  const all = (1n << BigInt(rules.samples.length)) - 1n;
  mask(ST_RULE_SET.all, all);
  mask(ST_RULE_SET.any_uid, rules.anyUid);
  mask(ST_RULE_SET.any_cgroup, rules.anyCgroup);
  mask(ST_RULE_SET.by_request, sampledBy(rules.samples, "request"));
  mask(ST_RULE_SET.by_connection, sampledBy(rules.samples, "connection"));
  mask(ST_RULE_SET.by_client, sampledBy(rules.samples, "client"));
  let scanned = 0n;
  for (let clause = 0; clause < ST_LIMIT.ST_SCAN_CLAUSES; clause++) {
    const without = rules.scan.without[clause] ?? all;
    mask(ST_RULE_SET.without + clause * 8, without);
    scanned |= all & ~without;
  }
  mask(ST_RULE_SET.scanned, scanned);
  for (const [rule, { threshold }] of rules.samples.entries())
    mask(ST_RULE_SET.thresholds + rule * 8, threshold === ALL ? 1n << 32n : BigInt(threshold));
  let levels = 0;
  for (const { level } of rules.cgroups.values()) levels |= 1 << level;
  view.setUint32(ST_RULE_SET.cgroup_levels, levels, true);
  const byAddress = rules.local.length > 1 || rules.remote.length > 1;
  view.setUint32(ST_RULE_SET.by_address, byAddress ? 1 : 0, true);
  return new Uint8Array(view.buffer);
}

/** Rules of which a share is drawn by this; those that take all need no drawing. */
function sampledBy(samples: readonly KernelSample[], by: KernelSample["by"]): RuleMask {
  let mask = 0n;
  for (const [rule, sample] of samples.entries())
    if (sample.by === by && sample.threshold !== ALL) mask |= 1n << BigInt(rule);
  return mask;
}
