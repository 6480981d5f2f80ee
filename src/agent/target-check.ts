import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { addressBytes, addressText } from "../capture/address.ts";
import { localAddresses } from "../capture/local-addresses.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import { isSameNamespace, withinNamespace } from "../kernel/network-namespace.ts";
import { codeOf, ShadowtapError } from "../model/errors.ts";
import type { Target } from "../model/target.ts";

const REACH_TIMEOUT_MS = 3_000;

/** A target and the addresses that its name has now. */
export interface ReachableTarget {
  readonly target: Target;
  readonly addresses: readonly string[];
}

/** Resolves a target; throws ST_TARGET_UNREACHABLE when its name has no address. */
export async function resolveTarget(target: Target): Promise<ReachableTarget> {
  if (isIP(target.host)) return { target, addresses: [target.host] };
  try {
    const found = await lookup(target.host, { all: true });
    return { target, addresses: found.map(({ address }) => address) };
  } catch (cause) {
    throw new ShadowtapError(
      "ST_TARGET_UNREACHABLE",
      `The target ${target.name} has a name that does not resolve (${codeOf(cause)}).`,
      [
        "Check the host name in --to, and this node's DNS (/etc/resolv.conf).",
        "Or give an address.",
      ],
      cause,
    );
  }
}

/** Throws ST_TARGET_IS_LIVE when a target is in what is captured: it would get its own traffic back. */
export function refuseLiveTarget(
  { target, addresses }: ReachableTarget,
  scope: ResolvedScope,
  ports: ReadonlySet<number>,
): void {
  const [address] = liveAddresses(addresses, target.port, scope, ports);
  if (address === undefined) return;
  throw new ShadowtapError(
    "ST_TARGET_IS_LIVE",
    `The target ${target.name} is the captured service itself (${address}, port ${target.port}).`,
    [
      "Point --to at the shadow: another address, another port, or the same port in another network namespace.",
    ],
  );
}

/** Those of the addresses at which a target of this port is in what is captured. */
export function liveAddresses(
  addresses: readonly string[],
  port: number,
  scope: ResolvedScope,
  ports: ReadonlySet<number>,
): string[] {
  if (!ports.has(port)) return [];
  const captured = capturedAddresses(scope);
  return addresses.filter((address) =>
    // Loopback is this namespace's own; a shadow at the same port of another namespace is fine.
    isLoopback(address)
      ? scope.namespacePath === undefined || isSameNamespace(scope.namespacePath)
      : captured.has(canonical(address)),
  );
}

function isLoopback(address: string): boolean {
  return (
    address.startsWith("127.") ||
    canonical(address) === "::1" ||
    address === "0.0.0.0" ||
    canonical(address) === "::"
  );
}

function canonical(address: string): string {
  return addressText(addressBytes(address));
}

/** Local addresses of the namespace in scope, or of our own where the scope is not one namespace. */
function capturedAddresses(scope: ResolvedScope): ReadonlySet<string> {
  return scope.namespacePath === undefined
    ? localAddresses()
    : withinNamespace(scope.namespacePath, localAddresses);
}

/**
 * Whether the kernel must leave out what reaches a target at this address: only if it could be captured at all. A loopback
 * address is one of our own namespace; the same address of another namespace is not the target.
 */
export function isCapturable(
  address: string,
  port: number,
  scope: ResolvedScope,
  ports: ReadonlySet<number>,
): boolean {
  if (!ports.has(port)) return false;
  return (
    !isLoopback(address) ||
    scope.namespacePath === undefined ||
    isSameNamespace(scope.namespacePath)
  );
}

/** Throws ST_TARGET_UNREACHABLE when no address of the target takes a connection, TLS included. */
export async function reachTarget({ target, addresses }: ReachableTarget): Promise<void> {
  let last = "";
  for (const address of addresses) {
    const failure = await tryConnect(target, address);
    if (failure === undefined) return;
    last = `${address}: ${failure}`;
  }
  const isCertificate = /CERT|SIGNATURE|ALTNAME/.test(last);
  throw new ShadowtapError(
    "ST_TARGET_UNREACHABLE",
    `The target ${target.name} cannot be reached (${last}).`,
    isCertificate
      ? [
          "Name the authority that signed its certificate: `--ca FILE` (PEM).",
          "Or do without the check, where the way to the shadow is trusted: `--insecure`.",
        ]
      : [
          "Start the shadow first, and check the address and port in --to.",
          "Check that this node may connect there: firewall, network policy, namespace.",
        ],
  );
}

function tryConnect(target: Target, host: string): Promise<string | undefined> {
  const { ca, insecure } = target.options;
  return new Promise((resolve) => {
    const where = { host, port: target.port, timeout: REACH_TIMEOUT_MS };
    const socket = target.tls
      ? connectTls({
          ...where,
          rejectUnauthorized: !insecure,
          ...(isIP(target.host) ? {} : { servername: target.host }),
          ...(ca === undefined ? {} : { ca }),
        })
      : connect(where);
    const end = (failure: string | undefined) => {
      socket.destroy();
      resolve(failure);
    };
    socket.once(target.tls ? "secureConnect" : "connect", () => end(undefined));
    socket.once("timeout", () => end(`no answer within ${REACH_TIMEOUT_MS / 1000} s`));
    socket.once("error", (error) => end(codeOf(error)));
  });
}
