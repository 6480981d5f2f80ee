import { randomFillSync } from "node:crypto";
import { createHttp1Decode } from "../../decode/decode.ts";
import { createResponseReader } from "../../decode/http1/response-reader.ts";
import { createDeliverer } from "../../deliver/deliverer.ts";
import { DELIVER_DEFAULTS } from "../../deliver/options.ts";
import { monotonicNs } from "../../model/clock.ts";
import type { LiveConnection } from "../../model/connection.ts";
import { createCaptureLedger } from "../../model/ledger.ts";
import type { RequestSink, RequestView } from "../../model/request.ts";
import { createRedactor } from "../../redact/redactor.ts";
import { createRandom32 } from "../../select/random.ts";
import { createSelection } from "../../select/selection.ts";
import type { PayloadReport } from "../messages.ts";
import type { Pipeline, PipelinePorts } from "../pipeline.ts";
import { printedPolicy, withRedactedPaths } from "./redacted-paths.ts";
import { createPlanTally } from "./tally.ts";

/** When a request that would be mirrored came, so that the live answer tells how long it took. */
interface Awaited {
  readonly timeNs: number;
}

/**
 * The pipeline up to where a copy would be made, and a count in place of it: nothing is sent. The rules are asked without their methods, so that
 * what would be held back for its method is seen, too.
 */
export function createPlanPipeline(
  ports: PipelinePorts,
): Pipeline & { report(): Pick<PayloadReport, "plan"> } {
  const capture = createCaptureLedger();
  const tally = createPlanTally(monotonicNs);
  const seed = randomFillSync(new Int32Array(1))[0] ?? 1;
  const selection = createSelection({ nowNs: monotonicNs, random32: createRandom32(seed) });
  const methods = new Map<string, ReadonlySet<string> | "all">();
  let usersNow = false;
  let key = ports.redactionKey;
  let policy = printedPolicy([]);
  let lines = createRedactor(policy, key);
  // It has no targets, so it never connects; the loop asks it when to look again.
  const deliver = createDeliverer(DELIVER_DEFAULTS, {
    sockets: ports.sockets,
    createResponseReader,
    onOutcome() {},
  });

  const plan = (
    connection: LiveConnection,
    request: RequestView,
    bodyBytes: number,
  ): Awaited | undefined => {
    let awaited: Awaited | undefined;
    tally.read(request);
    selection.decide(connection, request, (rule) => {
      const allowed = methods.get(rule.name) ?? "all";
      const isHeldBack = allowed !== "all" && !allowed.has(request.method);
      tally.matched(rule.name, request, isHeldBack);
      if (!isHeldBack) {
        tally.offered(rule.name, request, bodyBytes);
        awaited = { timeNs: request.timeNs };
      }
      selection.offered(rule);
      selection.settled(rule, true);
    });
    return awaited;
  };
  const sink: RequestSink = {
    request: (connection, request) => plan(connection, request, request.bodyEnd - request.headEnd),
    stream: (connection, request) => ({
      token: plan(connection, request, request.contentLength),
      receiver: undefined,
    }),
    response: (token, _status, timeNs) => tally.answered(timeNs - (token as Awaited).timeNs),
    closed() {},
  };
  const decode = createHttp1Decode({ needsOwner: () => usersNow }, sink, capture, ports.onNotice);

  return {
    onSegment: decode.push,
    decode,
    deliver,
    selection,
    useKey(next) {
      key = next;
      lines = createRedactor(policy, key);
    },
    use(set) {
      for (const rule of set.rules)
        methods.set(rule.name, rule.methods === "all" ? "all" : new Set(rule.methods));
      usersNow = set.rules.some(({ from }) => from.uids.length > 0);
      policy = printedPolicy(set.rules);
      lines = createRedactor(policy, key);
      selection.use({ ...set, rules: set.rules.map((rule) => ({ ...rule, methods: "all" })) });
    },
    report: () => ({
      capture,
      selection: selection.ledger,
      rules: Object.fromEntries(selection.ledgers),
      targets: [],
      latency: [],
      delay: { buckets: [], maxNs: 0 },
      plan: withRedactedPaths(tally.report(), lines),
    }),
  };
}
