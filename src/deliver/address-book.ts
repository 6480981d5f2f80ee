import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

const REFRESH_NS = 30e9;
/** A name whose address takes no connection may have moved; it is asked for again no sooner than this after the last time. */
const RETRY_NS = 2e9;
/** How long a connection waits for a name server when there are addresses from before. */
const PATIENCE_MS = 250;
/** An address that failed is tried last for this long. */
const AVOID_NS = 30e9;
const REFUSED = "no address that copies may go to";

/** The addresses of one target. */
export interface AddressBook {
  /**
   * Calls `use` with the addresses in the order to try them, at once when they are known and young enough. `failure`
   * says why there are none.
   */
  order(use: (addresses: readonly string[], failure: string) => void): void;
  failed(address: string): void;
  /** Whether none of its addresses may be connected to, as of now: it is asked again after a while. */
  isRefused(): boolean;
}

/** All addresses by the system's resolver, in its order. */
export async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map((entry) => entry.address);
}

/**
 * Names are resolved when a connection needs them and again after 30 s, or when an address fails; literal addresses never. `admit` is asked every time
 * which of the addresses may be connected to, and awaited, so that a name cannot move to one that may not. When a name
 * stops resolving, or its server does not answer, what is known goes on being used; when all its addresses are refused, nothing is.
 */
export function createAddressBook(
  host: string,
  find: (host: string) => Promise<readonly string[]>,
  admit: (addresses: readonly string[]) => Promise<readonly string[]>,
  nowNs: () => number,
): AddressBook {
  const literal = isIP(host) !== 0;
  const avoidUntilNs = new Map<string, number>();
  let known: readonly string[] = [];
  let staleAtNs = 0;
  let askedNs = 0;
  let refused = false;
  let turn = 0;
  let refreshing: Promise<string> | undefined;

  /** Resolves to why it failed, empty for success. */
  async function refresh(): Promise<string> {
    askedNs = nowNs();
    try {
      const found = literal ? [host] : await find(host);
      if (found.length === 0) return "no address";
      known = await admit(found);
      refused = known.length === 0;
      staleAtNs = literal && !refused ? Number.POSITIVE_INFINITY : nowNs() + REFRESH_NS;
      return refused ? REFUSED : "";
    } catch (error) {
      refused = false;
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
      if ((known.length > 0 || refused) && nowNs() < staleAtNs) {
        use(ordered(), refused ? REFUSED : "");
        return;
      }
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      const answer = known.length === 0 ? refreshing : Promise.race([refreshing, patience()]);
      void answer.then((failure) => use(ordered(), failure));
    },
    isRefused: () => refused && nowNs() < staleAtNs,
    failed(address) {
      if (known.length > 1) avoidUntilNs.set(address, nowNs() + AVOID_NS);
      if (!literal) staleAtNs = Math.min(staleAtNs, askedNs + RETRY_NS);
    },
  };
}

function patience(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(""), PATIENCE_MS));
}
