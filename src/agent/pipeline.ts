import { randomFillSync } from "node:crypto";
import type { OwnTable } from "../capture/own-table.ts";
import { createHttp1Decode, type Decode } from "../decode/decode.ts";
import { createResponseReader } from "../decode/http1/response-reader.ts";
import { createDeliverer } from "../deliver/deliverer.ts";
import { DELIVER_DEFAULTS } from "../deliver/options.ts";
import { fanOut } from "../deliver/stream.ts";
import { monotonicNs } from "../model/clock.ts";
import type { LiveConnection } from "../model/connection.ts";
import type { Deliverer } from "../model/delivery.ts";
import { Exchange, type OutcomeSink } from "../model/exchange.ts";
import { createHistogram, type Histogram } from "../model/histogram.ts";
import { createCaptureLedger } from "../model/ledger.ts";
import type { RedactionSink } from "../model/redaction.ts";
import type { BodyReceiver, RequestSink, RequestView } from "../model/request.ts";
import type { Rule, RuleSet } from "../model/rule.ts";
import type { SegmentSink } from "../model/segment.ts";
import type { SocketSet } from "../model/transport.ts";
import type { LineWriter } from "../report/line-writer.ts";
import { createRandom32 } from "../select/random.ts";
import { createSelection, type RuleBook } from "../select/selection.ts";
import type { PayloadReport, TargetState } from "./messages.ts";
import { createRedactors } from "./redactors.ts";

/**
 * The order of the stages, stated once:
 *
 *     capture ──Segment──► decode ──RequestView──► select ──Rule──► redact ──Redacted──► deliver ──Outcome──► report
 *
 * Everything up to `deliver.offer` happens synchronously inside `onSegment`; `deliver.pump` then does the sending.
 */
export interface Pipeline {
  readonly onSegment: SegmentSink;
  readonly decode: Decode;
  readonly deliver: Deliverer;
  readonly selection: Pick<RuleBook, "setShare">;
  /** Rules that records of their generation are decided by; the generation before them is kept. */
  use(set: RuleSet): void;
  /** Another key for redaction. */
  useKey(key: Uint8Array): void;
  report(): Pick<
    PayloadReport,
    "capture" | "selection" | "rules" | "targets" | "latency" | "delay"
  >;
}

export interface PipelinePorts {
  readonly sockets: SocketSet;
  readonly lines: LineWriter;
  readonly ownTable: OwnTable;
  readonly redactionKey: Uint8Array;
  onNotice(notice: string, server: string): void;
  onResolve(targetIndex: number, addresses: readonly string[]): Promise<readonly string[]>;
  onTargetState(targetIndex: number, state: TargetState, reason: string): void;
}

const NO_TOKEN = { token: undefined, receiver: undefined } as const;

export function createPipeline(ports: PipelinePorts): Pipeline {
  const capture = createCaptureLedger();
  const latency: Histogram[] = [];
  const delay = createHistogram();
  const selection = createSelection({ nowNs: monotonicNs, random32: createRandom32(seed()) });
  const redactors = createRedactors(ports.redactionKey);
  const rules = new Map<string, Rule>();
  /** Once a rule named users it may still decide what the kernel chose by it. */
  let namedUsers = false;

  const onOutcome: OutcomeSink = (exchange, targetIndex, outcome, sentTimeNs) => {
    if (sentTimeNs > 0) delay.record(sentTimeNs - exchange.requestTimeNs);
    if (outcome.kind === "delivered") {
      latency[targetIndex] ??= createHistogram();
      latency[targetIndex]?.record(outcome.latencyNs);
    } else exchange.allDelivered = false;
    ports.lines.line(exchange, targetIndex, outcome, sentTimeNs);
    if (--exchange.copiesLeft > 0) return;
    const rule = rules.get(exchange.rule);
    if (rule !== undefined) selection.settled(rule, exchange.allDelivered);
  };
  const deliver = createDeliverer(DELIVER_DEFAULTS, {
    sockets: ports.sockets,
    createResponseReader,
    onOutcome,
    onResolve: ports.onResolve,
    onConnect: ports.ownTable.add,
    onClose: ports.ownTable.remove,
    onTargetState: ports.onTargetState,
  });

  /** What redaction makes of a request that a rule chose goes to the rule's targets, or nowhere. */
  const toTargets = (
    connection: LiveConnection,
    rule: Rule,
    exchange: Exchange,
  ): RedactionSink => ({
    whole(redacted) {
      selection.offered(rule);
      deliver.offer(connection, redacted, exchange, rule.targets);
    },
    stream(head) {
      selection.offered(rule);
      return deliver.offerStream(connection, head, exchange, rule.targets);
    },
    refused: (reason) => selection.refused(rule, reason),
  });
  const exchangeOf = (connection: LiveConnection, request: RequestView, rule: Rule) =>
    new Exchange(
      rule.name,
      request.method,
      redactors.of(rule).lines.path(request),
      request.timeNs,
      connection.id,
      rule.targets.length,
    );
  const sink: RequestSink = {
    request(connection, request) {
      let token: Exchange | Exchange[] | undefined;
      selection.decide(connection, request, (rule) => {
        const exchange = exchangeOf(connection, request, rule);
        redactors.of(rule).copies.redact(request, toTargets(connection, rule, exchange));
        token = joined(token, exchange);
      });
      return token;
    },
    stream(connection, request) {
      let token: Exchange | Exchange[] | undefined;
      const receivers: BodyReceiver[] = [];
      selection.decide(connection, request, (rule) => {
        const exchange = exchangeOf(connection, request, rule);
        const to = toTargets(connection, rule, exchange);
        const receiver = redactors.of(rule).copies.redactStream(connection, request, to);
        if (receiver !== undefined) receivers.push(receiver);
        token = joined(token, exchange);
      });
      return token === undefined ? NO_TOKEN : { token, receiver: fanOut(receivers) };
    },
    response(token, status, timeNs) {
      for (const exchange of Array.isArray(token) ? (token as Exchange[]) : [token as Exchange]) {
        exchange.liveStatus = status;
        exchange.liveLatencyNs = timeNs - exchange.requestTimeNs;
      }
    },
    closed: (connection) => deliver.release(connection),
  };
  const needsOwner = () => namedUsers;
  const decode = createHttp1Decode({ needsOwner }, sink, capture, ports.onNotice);

  return {
    onSegment: decode.push,
    decode,
    deliver,
    selection,
    use(set) {
      selection.use(set);
      for (const rule of set.rules) rules.set(rule.name, rule);
      namedUsers ||= set.rules.some(({ from }) => from.uids.length > 0);
    },
    useKey: redactors.useKey,
    report: () => ({
      capture,
      selection: selection.ledger,
      rules: Object.fromEntries(selection.ledgers),
      targets: deliver.ledgers,
      latency: deliver.ledgers.map(
        (_ledger, index) => latency[index]?.data() ?? { buckets: [], maxNs: 0 },
      ),
      delay: delay.data(),
    }),
  };
}

/** What stands for a live request is nearly always one exchange: a list is made only for the second. */
function joined(token: Exchange | Exchange[] | undefined, next: Exchange): Exchange | Exchange[] {
  if (token === undefined) return next;
  return Array.isArray(token) ? [...token, next] : [token, next];
}

function seed(): number {
  return randomFillSync(new Int32Array(1))[0] ?? 1;
}
