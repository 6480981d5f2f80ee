import type { KernelRules, RuleMask } from "../../model/kernel-rules.ts";
import type { Cidr, Rule } from "../../model/rule.ts";

type Networks = KernelRules["local"];

/** The part of the kernel's rules that looks at connections: exactly `Rule.from`. */
export type ConnectionRules = Pick<
  KernelRules,
  "ports" | "local" | "remote" | "uids" | "anyUid" | "cgroups" | "anyCgroup"
>;

/** Derives it; bit i is rule i. */
export function compileConnections(rules: readonly Rule[]): ConnectionRules {
  const origins = rules.map(({ from }) => from);
  return {
    ports: compilePorts(rules),
    local: compileNetworks(
      origins.map((from) => ({ include: from.local, except: from.exceptLocal })),
    ),
    remote: compileNetworks(
      origins.map((from) => ({ include: from.remote, except: from.exceptRemote })),
    ),
    uids: compileUids(rules),
    anyUid: maskOf(rules, ({ from }) => from.uids.length === 0),
    cgroups: compileCgroups(rules),
    anyCgroup: maskOf(rules, ({ from }) => from.cgroups.length === 0),
  };
}

/** The rules that something holds for. */
function maskOf(rules: readonly Rule[], holds: (rule: Rule) => boolean): RuleMask {
  return rules.reduce((mask, rule, i) => (holds(rule) ? mask | (1n << BigInt(i)) : mask), 0n);
}

/** In runs of ports that have the same rules, because a rule may name all of them. */
function compilePorts(rules: readonly Rule[]): ReadonlyMap<number, RuleMask> {
  const starts = new Set<number>();
  for (const { from } of rules)
    for (const { first, last } of from.ports) starts.add(first).add(last + 1);
  const sorted = [...starts].sort((a, b) => a - b);
  const ports = new Map<number, RuleMask>();
  for (const [i, start] of sorted.entries()) {
    const has = (rule: Rule) =>
      rule.from.ports.some(({ first, last }) => first <= start && start <= last);
    const mask = maskOf(rules, has);
    const end = sorted[i + 1] ?? start;
    if (mask !== 0n) for (let port = start; port < end; port++) ports.set(port, mask);
  }
  return ports;
}

interface Choice {
  readonly include: readonly Cidr[];
  readonly except: readonly Cidr[];
}

const ALL_NETWORKS: Cidr = { address: "0".repeat(32), bits: 0 };

/**
 * One entry for each network that a rule names: an address has the rules of the longest one that contains it, because no other
 * that is named lies between.
 */
function compileNetworks(choices: readonly Choice[]): Networks {
  const named = new Map<string, { cidr: Cidr; include: RuleMask; except: RuleMask }>();
  const entryOf = (cidr: Cidr) => {
    const key = networkKey(BigInt(`0x${cidr.address}`), cidr.bits);
    let entry = named.get(key);
    if (entry === undefined) {
      entry = { cidr: { address: key.slice(0, 32), bits: cidr.bits }, include: 0n, except: 0n };
      named.set(key, entry);
    }
    return entry;
  };
  const all = entryOf(ALL_NETWORKS);
  for (const [i, { include, except }] of choices.entries()) {
    const bit = 1n << BigInt(i);
    if (include.length === 0) all.include |= bit;
    for (const cidr of include) entryOf(cidr).include |= bit;
    for (const cidr of except) entryOf(cidr).except |= bit;
  }

  const lengths = [...new Set([...named.values()].map(({ cidr }) => cidr.bits))];
  return [...named.values()].map(({ cidr }) => {
    const address = BigInt(`0x${cidr.address}`);
    let include = 0n;
    let except = 0n;
    for (const bits of lengths) {
      if (bits > cidr.bits) continue;
      const containing = named.get(networkKey(address, bits));
      include |= containing?.include ?? 0n;
      except |= containing?.except ?? 0n;
    }
    return { cidr, rules: include & ~except };
  });
}

/** 32 digits of the network's address, then its length. */
function networkKey(address: bigint, bits: number): string {
  const hostBits = BigInt(128 - bits);
  const network = (address >> hostBits) << hostBits;
  return `${network.toString(16).padStart(32, "0")}/${bits}`;
}

function compileUids(rules: readonly Rule[]): ReadonlyMap<number, RuleMask> {
  const uids = new Map<number, RuleMask>();
  for (const [i, { from }] of rules.entries())
    for (const uid of from.uids) uids.set(uid, (uids.get(uid) ?? 0n) | (1n << BigInt(i)));
  return uids;
}

function compileCgroups(rules: readonly Rule[]): KernelRules["cgroups"] {
  const cgroups = new Map<string, { readonly level: number; readonly rules: RuleMask }>();
  for (const [i, { from }] of rules.entries())
    for (const { id, level } of from.cgroups) {
      const before = cgroups.get(id)?.rules ?? 0n;
      cgroups.set(id, { level, rules: before | (1n << BigInt(i)) });
    }
  return cgroups;
}
