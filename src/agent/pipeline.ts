import { randomInt } from "node:crypto";
import type { OwnTable } from "../capture/own-table.ts";
import { createHttp1Decode, type Decode } from "../decode/decode.ts";
import { createResponseReader } from "../decode/http1/response-reader.ts";
import { createDeliverer } from "../deliver/deliverer.ts";
import { DELIVER_DEFAULTS } from "../deliver/options.ts";
import { monotonicNs } from "../model/clock.ts";
import type { LiveConnection } from "../model/connection.ts";
import type { Deliverer } from "../model/delivery.ts";
import { Exchange, type OutcomeSink } from "../model/exchange.ts";
import { createHistogram } from "../model/histogram.ts";
import { createCaptureLedger, createRuleLedger, total } from "../model/ledger.ts";
import type { RequestSink, RequestView } from "../model/request.ts";
import type { SegmentSink } from "../model/segment.ts";
import type { SocketSet } from "../model/transport.ts";
import type { LineWriter } from "../report/line-writer.ts";
import { createRandom } from "../select/random.ts";
import { createSelector } from "../select/selector.ts";
import { countVerdict, Verdict } from "../select/verdict.ts";
import type { PayloadConfig, PayloadReport } from "./messages.ts";

/**
 * The order of the stages, stated once:
 *
 *     capture ──Segment──► decode ──RequestView──► select ──Exchange──► deliver ──Outcome──► report
 *
 * Everything up to `deliver.offer` happens synchronously inside `onSegment`; `deliver.pump` then does the sending.
 */
export interface Pipeline {
  readonly onSegment: SegmentSink;
  readonly decode: Decode;
  readonly deliver: Deliverer;
  report(): Pick<PayloadReport, "capture" | "rule" | "targets" | "latency" | "delay">;
}

export interface PipelinePorts {
  readonly sockets: SocketSet;
  readonly lines: LineWriter;
  readonly ownTable: OwnTable;
  onNotice(notice: string, server: string): void;
  onResolve(targetIndex: number, addresses: readonly string[]): Promise<void>;
  onTargetState(targetIndex: number, state: string, reason: string): void;
}

const NO_TOKEN = { token: undefined, receiver: undefined } as const;

export function createPipeline(config: PayloadConfig, ports: PipelinePorts): Pipeline {
  const capture = createCaptureLedger();
  const rule = createRuleLedger();
  const latency = config.targets.map(() => createHistogram());
  const delay = createHistogram();

  const onOutcome: OutcomeSink = (exchange, targetIndex, outcome, sentTimeNs) => {
    if (sentTimeNs > 0) delay.record(sentTimeNs - exchange.requestTimeNs);
    if (outcome.kind === "delivered") latency[targetIndex]?.record(outcome.latencyNs);
    ports.lines.line(exchange, targetIndex, outcome, sentTimeNs);
  };
  const deliver = createDeliverer(
    {
      ...DELIVER_DEFAULTS,
      targets: config.targets,
      hostPolicy: config.host,
      setHeaders: config.setHeaders,
      removeHeaders: config.removeHeaders,
      timeoutMs: config.timeoutMs,
      pipeline: config.pipeline,
      ca: config.ca,
      insecure: config.insecure,
    },
    {
      sockets: ports.sockets,
      createResponseReader,
      onOutcome,
      onResolve: ports.onResolve,
      onConnect: ports.ownTable.add,
      onClose: ports.ownTable.remove,
      onTargetState: ports.onTargetState,
    },
  );

  const { count } = config.rule;
  const failedMost = () =>
    deliver.ledgers.reduce((most, ledger) => Math.max(most, total(ledger.failed)), 0);
  const selector = createSelector(
    {
      path: config.rule.path,
      methods: config.rule.methods === "all" ? "all" : new Set(config.rule.methods),
      percent: config.rule.percent,
      maxRps: config.rule.maxRps,
      countLeft: count === undefined ? undefined : () => count - (rule.offered - failedMost()),
    },
    monotonicNs,
    createRandom(randomInt(2 ** 31)),
  );
  const select = (connection: LiveConnection, request: RequestView): Exchange | undefined => {
    const verdict = selector.decide(request);
    countVerdict(rule, verdict);
    if (verdict !== Verdict.offered) return undefined;
    return new Exchange(request.method, pathOf(request), request.timeNs, connection.id);
  };

  const sink: RequestSink = {
    request(connection, request) {
      const exchange = select(connection, request);
      if (exchange) deliver.offer(connection, request, exchange);
      return exchange;
    },
    stream(connection, request) {
      const exchange = select(connection, request);
      if (!exchange) return NO_TOKEN;
      return { token: exchange, receiver: deliver.offerStream(connection, request, exchange) };
    },
    response(token, status, timeNs) {
      const exchange = token as Exchange;
      exchange.liveStatus = status;
      exchange.liveLatencyNs = timeNs - exchange.requestTimeNs;
    },
    closed: (connection) => deliver.release(connection),
  };
  const decode = createHttp1Decode({}, sink, capture, ports.onNotice);

  return {
    onSegment: decode.push,
    decode,
    deliver,
    report: () => ({
      capture,
      rule,
      targets: deliver.ledgers,
      latency: latency.map((histogram) => histogram.data()),
      delay: delay.data(),
    }),
  };
}

const QUESTION_MARK = 0x3f;

/** The request target up to its query, as text; latin1, because it is what was on the wire. */
function pathOf({ bytes, targetStart, targetEnd }: RequestView): string {
  let end = targetStart;
  while (end < targetEnd && bytes[end] !== QUESTION_MARK) end++;
  return Buffer.prototype.latin1Slice.call(bytes, targetStart, end);
}
