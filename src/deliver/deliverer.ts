import { monotonicNs } from "../model/clock.ts";
import type { Deliverer } from "../model/delivery.ts";
import type { Target } from "../model/target.ts";
import { createAddressBook, lookupAll } from "./address-book.ts";
import { createBreaker } from "./breaker.ts";
import { createComposer } from "./compose.ts";
import { ArenaBlocks, CopyArena } from "./copy-arena.ts";
import { checkHeaderOptions, type DeliverOptions, type DeliverPorts } from "./options.ts";
import { createPlainConnections } from "./plain-connection.ts";
import type { OpenConnection } from "./shadow-connection.ts";
import { fanOut } from "./stream.ts";
import { StreamBudget } from "./stream-body.ts";
import { type Tally, TargetPool } from "./target-pool.ts";
import { createTlsConnector } from "./tls-connection.ts";

const SCAN_NS = 100e6;
const CONNECT_TIMEOUT_MS = 3000;
const DRAIN_WAIT_MS = 5;

/**
 * Sends copies to every target, each with its own connections, limits and breaker. Throws ST_USAGE for header options
 * that would break the copies; later trouble ends in the ledger.
 */
export function createDeliverer(options: DeliverOptions, ports: DeliverPorts): Deliverer {
  checkHeaderOptions(options);
  const nowNs = ports.nowNs ?? monotonicNs;
  const onConnect = ports.onConnect ?? (() => {});
  const onClose = ports.onClose ?? (() => {});
  const tally: Tally = { pending: 0, blocked: 0 };
  const plain = createPlainConnections(ports.sockets, onConnect, onClose);
  const blocks = new ArenaBlocks(ports.sockets.arena);
  const streamBudget = new StreamBudget(options.maxStreamBytesInAll);
  const pools = options.targets.map(createPool);
  let nextScanNs = 0;
  /** When the poll at hand began; 0 outside of one. */
  let polledNs = 0;

  function connector(target: Target): OpenConnection {
    if (target.tls) return createTlsConnector(target, options, onConnect, onClose);
    return (address, events) => plain.open(address, target.port, events);
  }

  function createPool(target: Target, index: number): TargetPool {
    return new TargetPool({
      pipeline: options.pipeline,
      timeoutNs: options.timeoutMs * 1e6,
      connectTimeoutNs: Math.min(options.timeoutMs, CONNECT_TIMEOUT_MS) * 1e6,
      maxConnections: options.maxConnections,
      maxQueuedRequests: options.maxQueuedRequests,
      maxQueuedBytes: options.maxQueuedBytes,
      maxStreamBytes: options.maxStreamBytes,
      addresses: createAddressBook(
        target.host,
        ports.lookup ?? lookupAll,
        async (addresses) => ports.onResolve?.(index, addresses),
        nowNs,
      ),
      open: connector(target),
      createResponseReader: ports.createResponseReader,
      composer: createComposer(target, options),
      breaker: createBreaker(nowNs, (state, reason) => ports.onTargetState?.(index, state, reason)),
      arena: new CopyArena(blocks),
      streamBudget,
      tally,
      nowNs,
      receivedNs: () => (polledNs > 0 ? polledNs : nowNs()),
      report: (exchange, outcome, sentTimeNs) =>
        ports.onOutcome(exchange, index, outcome, sentTimeNs),
    });
  }

  function pump(): void {
    for (const pool of pools) pool.flush();
    const now = nowNs();
    polledNs = now;
    plain.poll();
    polledNs = 0;
    if (now < nextScanNs) return;
    nextScanNs = now + SCAN_NS;
    for (const pool of pools) pool.scan(now);
  }

  function stop(): void {
    for (const pool of pools) pool.stop();
  }

  return {
    offer(connection, request, exchange) {
      for (const pool of pools) pool.offer(connection, request, exchange);
    },
    offerStream: (connection, request, exchange) =>
      fanOut(pools.map((pool) => pool.offerStream(connection, request, exchange))),
    release(connection) {
      for (const pool of pools) pool.release(connection);
    },
    pump,
    get pending() {
      return tally.pending;
    },
    get blocked() {
      return tally.blocked;
    },
    ledgers: pools.map((pool) => pool.ledger),

    async drain(graceMs) {
      for (const pool of pools) pool.refuseAll();
      const untilNs = nowNs() + graceMs * 1e6;
      pump();
      while (tally.pending > 0 && nowNs() < untilNs) {
        await ports.sockets.wait(Math.min(DRAIN_WAIT_MS, (untilNs - nowNs()) / 1e6));
        pump();
      }
      stop();
    },

    dispose: stop,
  };
}
