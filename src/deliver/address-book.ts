import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

const REFRESH_NS = 30e9;
/** An address that failed is tried last for this long. */
const AVOID_NS = 30e9;

/** The addresses of one target. */
export interface AddressBook {
  /**
   * Calls `use` with the addresses in the order to try them, at once when they are known and young enough. `failure`
   * says why there are none.
   */
  order(use: (addresses: readonly string[], failure: string) => void): void;
  failed(address: string): void;
}

/** All addresses by the system's resolver, in its order. */
export async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map((entry) => entry.address);
}

/**
 * Names are resolved when a connection needs them and again after 30 s; literal addresses never. `onResolve` is awaited
 * for addresses not seen before, so that nobody connects before they are registered. When a name stops resolving, what
 * is known goes on being used.
 */
export function createAddressBook(
  host: string,
  find: (host: string) => Promise<readonly string[]>,
  onResolve: (addresses: readonly string[]) => Promise<void>,
  nowNs: () => number,
): AddressBook {
  const literal = isIP(host) !== 0;
  const avoidUntilNs = new Map<string, number>();
  let known: readonly string[] = [];
  let staleAtNs = 0;
  let turn = 0;
  let refreshing: Promise<string> | undefined;

  /** Resolves to why it failed, empty for success. */
  async function refresh(): Promise<string> {
    try {
      const found = literal ? [host] : await find(host);
      if (found.length === 0) return "no address";
      if (found.some((address) => !known.includes(address))) await onResolve(found);
      known = found;
      staleAtNs = literal ? Number.POSITIVE_INFINITY : nowNs() + REFRESH_NS;
      return "";
    } catch (error) {
      staleAtNs = nowNs() + REFRESH_NS;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Each connection begins with another address, so that all of them carry load. */
  function ordered(): readonly string[] {
    if (known.length < 2) return known;
    const now = nowNs();
    const from = turn++ % known.length;
    const rotated = [...known.slice(from), ...known.slice(0, from)];
    const avoided = (address: string) => (avoidUntilNs.get(address) ?? 0) > now;
    return [...rotated.filter((a) => !avoided(a)), ...rotated.filter(avoided)];
  }

  return {
    order(use) {
      if (known.length > 0 && nowNs() < staleAtNs) {
        use(ordered(), "");
        return;
      }
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      void refreshing.then((failure) => use(ordered(), failure));
    },
    failed(address) {
      if (known.length > 1) avoidUntilNs.set(address, nowNs() + AVOID_NS);
    },
  };
}
