import { monotonicNs } from "../model/clock.ts";
import type { Deliverer } from "../model/delivery.ts";
import type { Exchange } from "../model/exchange.ts";
import { createTargetLedger, type TargetLedger } from "../model/ledger.ts";
import type { Target } from "../model/target.ts";
import { createAddressBook, lookupAll } from "./address-book.ts";
import { createBreaker } from "./breaker.ts";
import { createComposer } from "./compose.ts";
import { ArenaBlocks, CopyArena } from "./copy-arena.ts";
import { checkHeaderOptions, type DeliverOptions, type DeliverPorts } from "./options.ts";
import { createPlainConnections } from "./plain-connection.ts";
import type { OpenConnection, ShadowConnection } from "./shadow-connection.ts";
import { fanOut, NO_RECEIVER } from "./stream.ts";
import { StreamBudget } from "./stream-body.ts";
import { createTargetBudget } from "./target-budget.ts";
import { type Tally, TargetPool } from "./target-pool.ts";
import { createTlsConnector } from "./tls-connection.ts";

const SCAN_NS = 100e6;
const CONNECT_TIMEOUT_MS = 3000;
const DRAIN_WAIT_MS = 5;
const LONG_TICK_NS = 10e6;
/** The kernel's clock tick on most machines: its dates are no better. */
const KERNEL_TICK_NS = 4e6;

/** Sends copies to targets that come and go, each with its own connections, limits and breaker. */
export function createDeliverer(options: DeliverOptions, ports: DeliverPorts): Deliverer {
  const nowNs = ports.nowNs ?? monotonicNs;
  const onConnect = ports.onConnect ?? (() => {});
  const onClose = ports.onClose ?? (() => {});
  const tally: Tally = { pending: 0, blocked: 0 };
  const plain = createPlainConnections(ports.sockets, onConnect, onClose);
  const blocks = new ArenaBlocks(ports.sockets.arena);
  const streamBudget = new StreamBudget(options.maxStreamBytesInAll);
  /** By index: what is left of a target that was retired and is finished is its ledger. */
  const pools: (TargetPool | undefined)[] = [];
  const ledgers: TargetLedger[] = [];
  /** Those of `pools` that are there. */
  let open: readonly TargetPool[] = [];
  let stopping = false;
  let nextScanNs = 0;
  /** When the poll at hand began; 0 outside of one. */
  let polledNs = 0;
  let lastPolledNs = 0;

  /** An answer that has waited for a long tick to end is dated back to when it came. */
  function receivedNs(connection: ShadowConnection | undefined): number {
    if (polledNs === 0) return nowNs();
    if (polledNs - lastPolledNs < LONG_TICK_NS || connection === undefined) return polledNs;
    const agoNs = connection.receivedAgoNs();
    return agoNs > KERNEL_TICK_NS ? polledNs - agoNs : polledNs;
  }

  function connector(target: Target): OpenConnection {
    if (target.tls) return createTlsConnector(target, onConnect, onClose);
    return (address, events) => plain.open(address, target.port, events);
  }

  function createPool(target: Target, index: number, ledger: TargetLedger): TargetPool {
    const { pipeline, timeoutMs, budget } = target.options;
    return new TargetPool({
      ledger,
      pipeline,
      timeoutNs: timeoutMs * 1e6,
      connectTimeoutNs: Math.min(timeoutMs, CONNECT_TIMEOUT_MS) * 1e6,
      maxConnections: options.maxConnections,
      maxQueuedRequests: options.maxQueuedRequests,
      maxQueuedBytes: options.maxQueuedBytes,
      maxStreamBytes: options.maxStreamBytes,
      addresses: createAddressBook(
        target.host,
        ports.lookup ?? lookupAll,
        async (addresses) => ports.onResolve?.(index, addresses) ?? addresses,
        nowNs,
      ),
      open: connector(target),
      createResponseReader: ports.createResponseReader,
      composer: createComposer(target),
      budget: createTargetBudget(budget, nowNs),
      breaker: createBreaker(nowNs, (state, reason) => ports.onTargetState?.(index, state, reason)),
      arena: new CopyArena(blocks),
      streamBudget,
      tally,
      nowNs,
      receivedNs,
      report: (exchange, outcome, sentTimeNs) =>
        ports.onOutcome(exchange, index, outcome, sentTimeNs),
    });
  }

  /** For a request that was chosen before its target was retired, and came when that had finished. */
  function refuseLate(exchange: Exchange, index: number): void {
    const ledger = ledgers[index];
    if (ledger === undefined) throw new RangeError(`target ${index} was never added`);
    ledger.offered++;
    ledger.failed.unsent.stopping++;
    ports.onOutcome(exchange, index, { kind: "unsent", reason: "stopping" }, 0);
  }

  /** Frees what finished targets hold. */
  function closeFinished(): void {
    for (const [index, pool] of pools.entries()) {
      if (pool?.isOver !== true) continue;
      pool.close();
      pools[index] = undefined;
    }
    open = pools.filter((pool) => pool !== undefined);
  }

  function pump(): void {
    for (const pool of open) pool.flush();
    const now = nowNs();
    polledNs = now;
    plain.poll();
    lastPolledNs = now;
    polledNs = 0;
    if (now < nextScanNs) return;
    nextScanNs = now + SCAN_NS;
    for (const pool of open) pool.scan(now);
    if (open.some((pool) => pool.isOver)) closeFinished();
  }

  function refuseAll(): void {
    stopping = true;
    for (const pool of open) pool.refuseAll();
  }

  function stop(): void {
    stopping = true;
    for (const pool of open) pool.stop();
  }

  return {
    add(target) {
      checkHeaderOptions(target.options);
      const index = pools.length;
      const ledger = createTargetLedger();
      const pool = createPool(target, index, ledger);
      if (stopping) pool.refuseAll();
      pools.push(pool);
      ledgers.push(ledger);
      open = [...open, pool];
      return index;
    },
    retire(index) {
      pools[index]?.retire();
    },
    pause(index, paused) {
      pools[index]?.pause(paused);
    },
    offer(connection, request, exchange, targets) {
      for (let i = 0; i < targets.length; i++) {
        const index = targets[i] as number;
        const pool = pools[index];
        if (pool === undefined) refuseLate(exchange, index);
        else pool.offer(connection, request, exchange);
      }
    },
    offerStream: (connection, request, exchange, targets) =>
      fanOut(
        targets.map((index) => {
          const pool = pools[index];
          if (pool !== undefined) return pool.offerStream(connection, request, exchange);
          refuseLate(exchange, index);
          return NO_RECEIVER;
        }),
      ),
    release(connection) {
      for (const pool of open) pool.release(connection);
    },
    pump,
    get pending() {
      return tally.pending;
    },
    get blocked() {
      return tally.blocked;
    },
    ledgers,

    async drain(graceMs) {
      refuseAll();
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
