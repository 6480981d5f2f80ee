import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { createResponseReader } from "../../src/decode/http1/response-reader.ts";
import { createDeliverer } from "../../src/deliver/deliverer.ts";
import {
  DELIVER_DEFAULTS,
  type DeliverOptions,
  type DeliverPorts,
  TARGET_DEFAULTS,
} from "../../src/deliver/options.ts";
import { createSocketSet } from "../../src/kernel/sockets.ts";
import type { LiveConnection } from "../../src/model/connection.ts";
import type { Deliverer } from "../../src/model/delivery.ts";
import { Exchange, type Outcome } from "../../src/model/exchange.ts";
import { total } from "../../src/model/ledger.ts";
import type { BodyReceiver } from "../../src/model/request.ts";
import type { Target, TargetOptions } from "../../src/model/target.ts";
import type { SocketSet } from "../../src/model/transport.ts";
import { asRedacted } from "../../src/redact/redacted.ts";
import { liveConnection, requestView } from "./request-view.ts";

/** A target, with those of its options that matter to the test. */
export interface TestTarget extends Omit<Target, "options"> {
  readonly options?: Partial<TargetOptions>;
}

export function plainTarget(port: number, more: Partial<TestTarget> = {}): TestTarget {
  return {
    name: `http://127.0.0.1:${port}`,
    tls: false,
    host: "127.0.0.1",
    port,
    authority: `127.0.0.1:${port}`,
    pathPrefix: "",
    ...more,
  };
}

export const GET = "GET /a HTTP/1.1\r\nHost: live\r\n\r\n";
export const POST = "POST /a HTTP/1.1\r\nHost: live\r\nContent-Length: 4\r\n\r\nbody";
export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** One offered request and what was told about it, per target. */
export interface Offered {
  readonly exchange: Exchange;
  /** Indices of the targets that it was offered to. */
  readonly targets: readonly number[];
  readonly outcomes: Map<number, Outcome>;
}

/** A deliverer with what it was asked and what it answered, checked at the end. */
export interface Harness {
  readonly deliverer: Deliverer;
  readonly sockets: SocketSet;
  readonly states: string[];
  /** Own connections: opened and not closed. */
  readonly connections: Set<string>;
  readonly log: Offered[];
  /** Adds one more target; returns its index. */
  add(target: TestTarget): number;
  /** To all targets that were added, unless others are named. */
  offer(
    text?: string | Uint8Array,
    connection?: LiveConnection,
    targets?: readonly number[],
  ): Offered;
  stream(
    head: string,
    connection?: LiveConnection,
    targets?: readonly number[],
  ): { readonly offered: Offered; readonly receiver: BodyReceiver };
  /** Pumps until `done`, five seconds at most. */
  pumpUntil(done: () => boolean): Promise<void>;
  /** Pumps until nothing is pending. */
  settle(): Promise<void>;
  /** `delivered 200`, `unsent queue_full` … of one request at one target, or `pending`. */
  fate(offered: Offered, target?: number): string;
  /** Checks that every exchange has one outcome per target and that the ledgers say the same. */
  balance(): void;
}

/** Disposed of, and checked, when the test is over. `options` that are a target's are those of every target. */
export function createHarness(
  context: TestContext,
  targets: readonly TestTarget[],
  options: Partial<DeliverOptions & TargetOptions> = {},
  ports: Partial<DeliverPorts> = {},
): Harness {
  const sockets = ports.sockets ?? createSocketSet();
  const states: string[] = [];
  const log: Offered[] = [];
  const byExchange = new Map<Exchange, Offered>();
  const connections = new Set<string>();
  const added: number[] = [];
  const deliverer = createDeliverer(
    { ...DELIVER_DEFAULTS, ...options },
    {
      sockets,
      createResponseReader,
      onOutcome(exchange, target, outcome, sentTimeNs) {
        const offered = byExchange.get(exchange);
        assert.ok(offered !== undefined, "an outcome of nothing offered");
        assert.ok(offered.targets.includes(target), "an outcome of another target");
        assert.ok(!offered.outcomes.has(target), "a second outcome");
        assert.equal(sentTimeNs > 0, outcome.kind !== "unsent", `sent time of ${outcome.kind}`);
        offered.outcomes.set(target, outcome);
      },
      onTargetState: (target, state, reason) => states.push(`${target} ${state}: ${reason}`),
      onConnect: (...ends) =>
        assert.ok(!connections.has(ends.join()) && connections.add(ends.join())),
      onClose: (...ends) => assert.ok(connections.delete(ends.join())),
      ...ports,
    },
  );

  function begin(method: string, targets: readonly number[]): Offered {
    const exchange = new Exchange("rule", method, asRedacted("/"), 0, 0);
    const offered = { exchange, targets: targets.slice(), outcomes: new Map() };
    byExchange.set(exchange, offered);
    log.push(offered);
    return offered;
  }

  const harness: Harness = {
    deliverer,
    sockets,
    states,
    connections,
    log,
    add(target) {
      const all = { ...TARGET_DEFAULTS, timeoutMs: 1000, ...options, ...target.options };
      const index = deliverer.add({ ...target, options: all });
      added.push(index);
      return index;
    },
    offer(text = GET, connection = liveConnection(), targets = added) {
      const view = asRedacted(requestView(text, 7));
      const offered = begin(view.method, targets);
      deliverer.offer(connection, view, offered.exchange, targets);
      // The view is valid only during the call.
      view.bytes.fill(0);
      return offered;
    },
    stream(head, connection = liveConnection(), targets = added) {
      const view = asRedacted(requestView(head, 7));
      const offered = begin(view.method, targets);
      const receiver = deliverer.offerStream(connection, view, offered.exchange, targets);
      view.bytes.fill(0);
      return { offered, receiver };
    },
    async pumpUntil(done) {
      const until = performance.now() + 5000;
      deliverer.pump();
      while (!done()) {
        assert.ok(performance.now() < until, "it never came to be");
        await sockets.wait(5);
        deliverer.pump();
      }
    },
    settle: () => harness.pumpUntil(() => deliverer.pending === 0),
    fate(offered, target = 0) {
      const outcome = offered.outcomes.get(target);
      if (outcome === undefined) return "pending";
      return outcome.kind === "delivered"
        ? `delivered ${outcome.status}`
        : `${outcome.kind} ${outcome.reason}`;
    },
    balance() {
      assert.equal(deliverer.pending, 0);
      assert.equal(deliverer.blocked, 0);
      assert.equal(deliverer.ledgers.length, added.length);
      for (const [index, ledger] of deliverer.ledgers.entries()) {
        const own = log.filter((offered) => offered.targets.includes(index));
        const told = own.map((offered) => harness.fate(offered, index));
        assert.ok(!told.includes("pending"));
        assert.equal(ledger.offered, own.length);
        assert.equal(ledger.delivered + total(ledger.failed), ledger.offered);
        assert.equal(total(ledger.status), ledger.delivered);
        assert.equal(ledger.delivered, told.filter((fate) => fate.startsWith("delivered")).length);
        for (const [reason, count] of Object.entries(ledger.failed.unsent))
          assert.equal(count, told.filter((fate) => fate === `unsent ${reason}`).length, reason);
        for (const [reason, count] of Object.entries(ledger.failed.sent_unanswered))
          assert.equal(count, told.filter((f) => f === `sent_unanswered ${reason}`).length, reason);
      }
    },
  };
  for (const target of targets) harness.add(target);
  context.after(() => {
    deliverer.dispose();
    harness.balance();
    if (ports.sockets === undefined) sockets.dispose();
  });
  return harness;
}

/** A server that hands every connection to `serve`, and keeps what it was sent. */
export interface RawServer {
  readonly port: number;
  readonly sockets: Socket[];
  /** What the connections were sent, by their order. */
  readonly received: Buffer[];
  readonly server: Server;
}

export async function rawServer(
  context: TestContext,
  serve: (socket: Socket, index: number) => void,
  host = "127.0.0.1",
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const pieces: Buffer[][] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    const own: Buffer[] = [];
    pieces[index] = own;
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => own.push(data));
    socket.on("end", () => socket.end());
    serve(socket, index);
  });
  server.listen(0, host);
  await once(server, "listening");
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    sockets,
    server,
    get received() {
      return pieces.map((own) => Buffer.concat(own));
    },
  };
}

/** Calls `answer` once for each request without a body (or with `Content-Length`) that the socket was sent. */
export function perRequest(socket: Socket, answer: (head: string, count: number) => void): void {
  let held = "";
  let head = "";
  let bodyLeft = 0;
  let count = 0;
  socket.on("data", (data: Buffer) => {
    let at = 0;
    while (at < data.length) {
      if (bodyLeft === 0) {
        held += data.toString("latin1", at);
        const headEnd = held.indexOf("\r\n\r\n") + 4;
        if (headEnd < 4) return;
        at = data.length - (held.length - headEnd);
        head = held.slice(0, headEnd);
        held = "";
        bodyLeft = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      }
      const part = Math.min(bodyLeft, data.length - at);
      bodyLeft -= part;
      at += part;
      if (bodyLeft === 0) answer(head, count++);
    }
  });
}

/** A server that answers everything with `OK`. */
export function okServer(context: TestContext): Promise<RawServer> {
  return rawServer(context, (socket) => perRequest(socket, () => socket.write(OK)));
}

/** A live connection whose first request was answered by its shadow. */
export async function usedConnection(context: TestContext) {
  const server = await okServer(context);
  const harness = createHarness(context, [plainTarget(server.port)]);
  const live = liveConnection();
  harness.offer(GET, live);
  await harness.settle();
  return { server, harness, live };
}
