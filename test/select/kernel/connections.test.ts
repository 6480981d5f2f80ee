import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cidr, Origin } from "../../../src/model/rule.ts";
import { compileConnections } from "../../../src/select/kernel/connections.ts";
import { fc } from "../../fuzz/property.ts";
import { ANY_ORIGIN, ruleWith } from "./rules.ts";

const hex = (address: bigint) => address.toString(16).padStart(32, "0");
const MAPPED = 0xffffn << 32n;

function contains({ address, bits }: Cidr, of: bigint): boolean {
  const hostBits = BigInt(128 - bits);
  return BigInt(`0x${address}`) >> hostBits === of >> hostBits;
}

/** Addresses that have many beginnings in common. */
const address = fc.oneof(
  fc.nat(2 ** 32 - 1).map((low) => MAPPED | BigInt(low)),
  fc.nat(15).map((low) => MAPPED | BigInt(0x0a000000 + low)),
  fc.nat(15).map((low) => (0x20010db8n << 96n) | BigInt(low)),
  fc.constantFrom(0n, 1n, 2n ** 128n - 1n, MAPPED),
);
const cidr: fc.Arbitrary<Cidr> = fc
  .tuple(address, fc.constantFrom(0, 1, 32, 64, 96, 104, 124, 125, 126, 127, 128))
  .map(([of, bits]) => {
    const hostBits = BigInt(128 - bits);
    return { address: hex((of >> hostBits) << hostBits), bits };
  });
const cidrs = fc.array(cidr, { maxLength: 4 });
const port = fc.constantFrom(1, 2, 79, 80, 81, 443, 65534, 65535);
const cgroup = fc.nat(3).map((id) => ({ id: `${id}`, level: id + 1 }));

const origin: fc.Arbitrary<Origin> = fc.record({
  ports: fc.array(
    fc.tuple(port, port).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
    { minLength: 1, maxLength: 3 },
  ),
  local: cidrs,
  exceptLocal: cidrs,
  remote: cidrs,
  exceptRemote: cidrs,
  uids: fc.array(fc.nat(3), { maxLength: 2 }),
  cgroups: fc.array(cgroup, { maxLength: 2 }),
});

/** As the kernel's tries do. */
function longestMatch(
  networks: ReturnType<typeof compileConnections>["local"],
  of: bigint,
): bigint | undefined {
  let best: (typeof networks)[number] | undefined;
  for (const network of networks)
    if (contains(network.cidr, of) && network.cidr.bits >= (best?.cidr.bits ?? 0)) best = network;
  return best?.rules;
}

const within = (include: readonly Cidr[], except: readonly Cidr[], of: bigint) =>
  (include.length === 0 || include.some((one) => contains(one, of))) &&
  !except.some((one) => contains(one, of));

test("of a connection the kernel knows exactly the rules that look at it", () => {
  fc.assert(
    fc.property(
      fc.array(origin, { maxLength: 64 }),
      fc.array(fc.record({ local: address, remote: address, port, uid: fc.nat(3), in: cgroup }), {
        minLength: 20,
        maxLength: 20,
      }),
      (origins, connections) => {
        const compiled = compileConnections(origins.map((from) => ruleWith({ from })));
        for (const { local, remote, port: to, uid, in: group } of connections) {
          const mask =
            (compiled.ports.get(to) ?? 0n) &
            (longestMatch(compiled.local, local) ?? -1n) &
            (longestMatch(compiled.remote, remote) ?? -1n) &
            (compiled.anyUid | (compiled.uids.get(uid) ?? 0n)) &
            (compiled.anyCgroup | (compiled.cgroups.get(group.id)?.rules ?? 0n));
          for (const [i, from] of origins.entries()) {
            const fits =
              from.ports.some(({ first, last }) => first <= to && to <= last) &&
              within(from.local, from.exceptLocal, local) &&
              within(from.remote, from.exceptRemote, remote) &&
              (from.uids.length === 0 || from.uids.includes(uid)) &&
              (from.cgroups.length === 0 || from.cgroups.some(({ id }) => id === group.id));
            assert.equal(((mask >> BigInt(i)) & 1n) === 1n, fits, `rule ${i}`);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("there is always an entry for every address, and one for each network that is named", () => {
  const everything = { cidr: { address: "0".repeat(32), bits: 0 }, rules: 1n };
  const compiled = compileConnections([ruleWith()]);
  assert.deepEqual(compiled.local, [everything]);
  assert.deepEqual(compiled.remote, [everything]);
  const v4 = { address: hex(MAPPED), bits: 96 };
  const from = { ...ANY_ORIGIN, remote: [v4], exceptRemote: [v4] };
  assert.deepEqual(compileConnections([ruleWith({ from })]).remote, [
    { ...everything, rules: 0n },
    { cidr: v4, rules: 0n },
  ]);
});

test("64 rules of all ports and 1,000 networks each are compiled at once", () => {
  const rules = Array.from({ length: 64 }, (_, i) => {
    const remote = Array.from({ length: 1000 }, (__, n) => ({
      address: hex(MAPPED | BigInt(i * 0x1000000 + n * 0x100)),
      bits: 120,
    }));
    return ruleWith({ from: { ...ANY_ORIGIN, ports: [{ first: 1, last: 65535 }], remote } });
  });
  const startMs = performance.now();
  const compiled = compileConnections(rules);
  assert.equal(compiled.ports.size, 65535);
  assert.equal(compiled.remote.length, 64_001);
  assert.ok(performance.now() - startMs < 3000);
});
