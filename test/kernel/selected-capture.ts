import { openSegmentReader } from "../../src/capture/segment-reader.ts";
import { createHttp1Decode } from "../../src/decode/decode.ts";
import type { LiveConnection } from "../../src/model/connection.ts";
import { type CaptureLedger, createCaptureLedger } from "../../src/model/ledger.ts";
import type { RequestView } from "../../src/model/request.ts";
import type { RuleSet } from "../../src/model/rule.ts";
import { compileKernelRules } from "../../src/select/kernel/compile.ts";
import { createSelection } from "../../src/select/selection.ts";
import { type HookName, type LiveCapture, startCapture } from "./capture-harness.ts";

const RING_BYTES = 1 << 22;

/** The real kernel programs with decode and select behind them, as a payload process has them. */
interface SelectedCapture extends Disposable {
  readonly live: LiveCapture;
  readonly ledger: CaptureLedger;
  /** Puts rules in force, in user space first, as a run does. */
  use(set: RuleSet): Promise<void>;
  /** Reads what the ring holds. */
  drain(): void;
}

/** `onOffer` is called for every rule that wants a request, while the request can be read. */
export async function startSelectedCapture(
  hook: HookName,
  port: number,
  onOffer: (rule: string, request: RequestView, connection: LiveConnection) => void,
): Promise<SelectedCapture> {
  const live = await startCapture(hook, port, RING_BYTES, []);
  const ledger = createCaptureLedger();
  const selection = createSelection({ nowNs: () => 0, random32: () => 0 });
  const decide = (connection: LiveConnection, request: RequestView) =>
    selection.decide(connection, request, ({ name }) => onOffer(name, request, connection));
  const decode = createHttp1Decode(
    {},
    {
      request: (connection, request) => {
        decide(connection, request);
        return undefined;
      },
      stream: (connection, request) => {
        decide(connection, request);
        return { token: undefined, receiver: undefined };
      },
      response: () => {},
      closed: () => {},
    },
    ledger,
    () => {},
  );
  // Instead of the harness's own reader, which keeps segments but not whose they are.
  const control = { fd: live.capture.ringControlFd, index: 0 };
  const [ringFd] = live.capture.ringFds;
  if (ringFd === undefined) throw new Error("a capture without a ring");
  const reader = openSegmentReader(ringFd, RING_BYTES, control, decode.push);
  return {
    live,
    ledger,
    async use(set) {
      selection.use(set);
      await live.capture.rules.apply(compileKernelRules(set));
    },
    drain() {
      while (reader.drain(4096) > 0);
    },
    [Symbol.dispose]() {
      decode.end();
      live.capture[Symbol.dispose]();
    },
  };
}
