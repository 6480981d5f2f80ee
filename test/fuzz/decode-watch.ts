import assert from "node:assert/strict";
import { createHttp1Decode, type Decode } from "../../src/decode/decode.ts";
import { type CaptureLedger, createCaptureLedger, seen } from "../../src/model/ledger.ts";

const LIMITS = { maxHeadBytes: 4_096, holdBytes: 2_048, maxHeldBytes: 65_536, maxConnections: 6 };

/** A decoder with small limits, and what must be true of it whatever it is given. */
export interface WatchedDecode {
  readonly decode: Decode;
  readonly ledger: CaptureLedger;
  /** Ends it and looks at everything that it said. */
  end(): void;
}

export function watchDecode(): WatchedDecode {
  const ledger = createCaptureLedger();
  const open = new Set<object>();
  let requests = 0;
  const known = new Set<object>();
  const decode = createHttp1Decode(
    LIMITS,
    {
      request(connection, request) {
        known.add(connection);
        requests += 1;
        assert.ok(request.bodyEnd <= request.bytes.length);
        return {};
      },
      stream(connection) {
        known.add(connection);
        requests += 1;
        const stream = {};
        open.add(stream);
        const over = () => assert.ok(open.delete(stream), "a stream ended twice");
        return {
          token: stream,
          receiver: {
            data: (bytes, start, end) =>
              assert.ok(open.has(stream) && start <= end && end <= bytes.length),
            end: over,
            cut: over,
          },
        };
      },
      response(token, status) {
        assert.ok(typeof token === "object" && status >= 100 && status <= 999);
      },
      closed: (connection) => known.delete(connection),
    },
    ledger,
    () => {},
  );
  return {
    decode,
    ledger,
    end() {
      assert.ok(decode.connections <= LIMITS.maxConnections);
      decode.end();
      assert.equal(decode.connections, 0);
      assert.equal(known.size, 0, "connections that were never closed");
      assert.equal(open.size, 0, "streams that never ended");
      assert.equal(ledger.decoded, requests);
      assert.ok(Number.isSafeInteger(seen(ledger)) && seen(ledger) >= requests);
    },
  };
}
