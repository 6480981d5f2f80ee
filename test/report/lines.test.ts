import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Exchange, type Outcome } from "../../src/model/exchange.ts";
import { UNANSWERED_REASONS, UNSENT_REASONS } from "../../src/model/ledger.ts";
import type { OutputKind } from "../../src/model/output.ts";
import { asRedacted } from "../../src/redact/redacted.ts";
import { createLineWriter } from "../../src/report/line-writer.ts";
import type { Style } from "../../src/report/style.ts";
import { shownMethod } from "../../src/report/text.ts";
import { shadowtap } from "../../src/report/wire.gen.js";
import { fc } from "../fuzz/property.ts";
import { readFrames } from "./frames.ts";

const TARGETS = ["http://shadow:8080", "https://other/v2"];
const UNICODE: Style = { colour: false, unicode: true };
const CAPTURED_MS = Date.parse("2026-01-02T06:31:02.114Z");
const REQUEST_NS = 5e9;

const delivered: Outcome = { kind: "delivered", status: 500, latencyNs: 31_407_000 };
const timedOut: Outcome = { kind: "sent_unanswered", reason: "timeout" };
const queueFull: Outcome = { kind: "unsent", reason: "queue_full" };

interface Line {
  readonly exchange: Exchange;
  readonly outcome: Outcome;
  readonly targetIndex?: number;
  /** Negative when nothing was sent. */
  readonly delayNs?: number;
}

function exchange(method = "POST", path = "/v1/orders", status = 200, latencyNs = 12.1e6) {
  const made = new Exchange("orders", method, asRedacted(path), REQUEST_NS, 1);
  made.liveStatus = status;
  made.liveLatencyNs = latencyNs;
  return made;
}

/** What a writer of that kind makes of the lines. */
function written(kind: OutputKind, lines: readonly Line[], style = UNICODE): Buffer {
  const chunks: Uint8Array[] = [];
  const out = {
    ready: () => true,
    write(bytes: Uint8Array) {
      chunks.push(bytes.slice());
      return bytes.length;
    },
  };
  const writer = createLineWriter(kind, out, {
    targets: TARGETS,
    style,
    wallOffsetMs: () => CAPTURED_MS - REQUEST_NS / 1e6,
  });
  for (const { exchange, outcome, targetIndex = 0, delayNs = 1.9e6 } of lines)
    writer.line(exchange, targetIndex, outcome, delayNs < 0 ? 0 : REQUEST_NS + delayNs);
  writer.flush();
  assert.equal(writer.linesDropped, 0);
  assert.equal(writer.pendingBytes, 0);
  return Buffer.concat(chunks);
}

const anyLine: fc.Arbitrary<Line> = fc.record({
  exchange: fc
    .tuple(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: "binary", maxLength: 700 }),
      fc.integer({ min: 0, max: 599 }),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
    )
    .map((parts) => exchange(...parts)),
  outcome: fc.oneof(
    fc.record({
      kind: fc.constant("delivered" as const),
      status: fc.integer({ min: 200, max: 599 }),
      latencyNs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("unsent" as const),
      reason: fc.constantFrom(...UNSENT_REASONS),
    }),
    fc.record({
      kind: fc.constant("sent_unanswered" as const),
      reason: fc.constantFrom(...UNANSWERED_REASONS),
    }),
  ),
  targetIndex: fc.constantFrom(0, 1),
  delayNs: fc.constantFrom(-1, 0, 1.5e6, 3e9),
});

before(() => {
  process.env["TZ"] = "UTC";
});

test("a method that anybody could have made up is not printed", () => {
  for (const method of ["eyJhbGciOi.x.y", "4111111111111111", "get"])
    assert.equal(shownMethod(method), "(other)");
  for (const method of ["GET", "M-SEARCH", "PROPPATCH"]) assert.equal(shownMethod(method), method);
});

describe("compact", () => {
  const line = (one: Line, style?: Style) => written("compact", [one], style).toString();

  test("shows live and shadow", () => {
    assert.equal(
      line({ exchange: exchange(), outcome: delivered }),
      "06:31:02.114 POST /v1/orders 200 12ms → http://shadow:8080 500 31ms\n",
    );
  });

  test("names the rule when there are several, from one line to the next", () => {
    let text = "";
    let several = false;
    const targets = ["http://a"];
    const out = {
      ready: () => true,
      write(bytes: Uint8Array) {
        text += bytes.toString();
        return bytes.length;
      },
    };
    const writer = createLineWriter("compact", out, {
      targets,
      style: UNICODE,
      showRule: () => several,
      wallOffsetMs: () => CAPTURED_MS - REQUEST_NS / 1e6,
    });
    writer.line(exchange(), 0, delivered, 0);
    several = true;
    targets.push("http://b");
    writer.line(exchange(), 1, delivered, 0);
    writer.flush();
    assert.equal(
      text,
      "06:31:02.114 POST /v1/orders 200 12ms → http://a 500 31ms\n" +
        "06:31:02.114 orders POST /v1/orders 200 12ms → http://b 500 31ms\n",
    );
  });

  test("shows dashes while the live answer is unknown, and why a copy failed", () => {
    assert.equal(
      line({ exchange: exchange("GET", "/v1/slow", 0, 0), outcome: timedOut, targetIndex: 1 }),
      "06:31:02.114 GET /v1/slow - - → https://other/v2 ✗ timeout\n",
    );
  });

  test("keeps to ASCII where symbols cannot be shown", () => {
    assert.equal(
      line({ exchange: exchange(), outcome: queueFull }, { colour: false, unicode: false }),
      "06:31:02.114 POST /v1/orders 200 12ms -> http://shadow:8080 x queue_full\n",
    );
  });

  test("colours status and failure, never colour alone", () => {
    const style = { colour: true, unicode: true };
    assert.ok(
      line({ exchange: exchange(), outcome: delivered }, style).includes(
        " \x1b[31m500\x1b[0m 31ms\n",
      ),
    );
    assert.ok(
      line({ exchange: exchange(), outcome: queueFull }, style).endsWith(
        " \x1b[31m✗ queue_full\x1b[0m\n",
      ),
    );
  });

  test("escapes what could steer a terminal", () => {
    const hostile = "/a\x1b[2J\r\n\u009b\u202e b";
    assert.match(
      line({ exchange: exchange("GET", hostile), outcome: delivered }),
      / GET \/a\\x1b\[2J\\x0d\\x0a\\x9b\\u\{202e\}\\x20b 200 /,
    );
  });

  test("cuts a long path at 512 bytes", () => {
    const path = `/${"a".repeat(600)}`;
    const shown = line({ exchange: exchange("GET", path), outcome: delivered }).split(" ")[2];
    assert.equal(shown, `/${"a".repeat(511)}…`);
  });

  test("every line is one line of visible characters", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        const text = written("compact", lines).toString();
        assert.equal(text.split("\n").length - 1, lines.length);
        assert.match(text, /^[\x20-\x7e→✗…\n]*$/);
      }),
    );
  });
});

describe("json", () => {
  const objects = (lines: readonly Line[]) =>
    written("json", lines)
      .toString()
      .split("\n")
      .slice(0, -1)
      .map((text) => JSON.parse(text));

  test("shows live and shadow", () => {
    assert.deepEqual(objects([{ exchange: exchange(), outcome: delivered }]), [
      {
        apiVersion: "shadowtap.dev/v1alpha1",
        kind: "MirroredRequest",
        time: "2026-01-02T06:31:02.114Z",
        method: "POST",
        path: "/v1/orders",
        live: { status: 200, latency_ms: 12.1 },
        rule: "orders",
        target: "http://shadow:8080",
        shadow: { status: 500, latency_ms: 31.407 },
        delay_ms: 1.9,
      },
    ]);
  });

  test("says null for what is unknown, and why a copy failed", () => {
    const [first, second] = objects([
      { exchange: exchange("GET", "/", 0, 0), outcome: queueFull, delayNs: -1 },
      { exchange: exchange("GET", "/", 0, 5e6), outcome: timedOut, delayNs: 0 },
    ]);
    assert.equal(first.live, null);
    assert.deepEqual(first.shadow, { error: { kind: "unsent", reason: "queue_full" } });
    assert.equal(first.delay_ms, null);
    assert.deepEqual(second.live, { status: null, latency_ms: 5 });
    assert.equal(second.delay_ms, 0);
  });

  test("every line is ASCII and parses to what went in", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        assert.match(written("json", lines).toString("latin1"), /^[\x20-\x7e\n]*$/);
        const parsed = objects(lines);
        assert.equal(parsed.length, lines.length);
        lines.forEach((line, index) => {
          const { path } = line.exchange;
          assert.equal(parsed[index].path, path.length > 512 ? `${path.slice(0, 512)}…` : path);
          assert.equal(parsed[index].target, TARGETS[line.targetIndex ?? 0]);
        });
      }),
    );
  });
});

describe("protobuf", () => {
  const { MirroredRequest } = shadowtap.v1alpha1;

  test("frames hold what the lines show", () => {
    const frames = readFrames(
      written("protobuf", [
        { exchange: exchange(), outcome: delivered },
        { exchange: exchange("GET", "/", 0, 0), outcome: queueFull, delayNs: -1, targetIndex: 1 },
        { exchange: exchange(), outcome: delivered },
      ]),
    ).map((frame) => MirroredRequest.decode(frame));
    assert.equal(frames.length, 3);
    const [first, second, third] = frames;
    assert.equal(Number(first?.timeUnixUs), CAPTURED_MS * 1000);
    assert.equal(first?.method, "POST");
    assert.equal(first?.path, "/v1/orders");
    assert.equal(first?.live?.status, 200);
    assert.equal(first?.live?.latencyUs, 12_100);
    assert.equal(first?.target, "http://shadow:8080");
    assert.equal(first?.rule, "orders");
    assert.equal(first?.shadow, "answer");
    assert.equal(first?.answer?.status, 500);
    assert.equal(first?.answer?.latencyUs, 31_407);
    assert.equal(first?.delayUs, 1900);
    assert.equal(second?.live ?? undefined, undefined);
    assert.equal(second?.shadow, "failure");
    assert.equal(second?.failure?.kind, "unsent");
    assert.equal(second?.failure?.reason, "queue_full");
    assert.equal(Object.hasOwn(second!, "delayUs"), false);
    assert.deepEqual(third, first);
  });

  test("every frame decodes, in order", () => {
    const wellFormed = anyLine.filter(
      ({ exchange: { method, path } }) => method.isWellFormed() && path.isWellFormed(),
    );
    fc.assert(
      fc.property(fc.array(wellFormed, { maxLength: 20 }), (lines) => {
        const frames = readFrames(written("protobuf", lines));
        assert.equal(frames.length, lines.length);
        lines.forEach(({ outcome }, index) => {
          const { answer, failure } = MirroredRequest.decode(frames[index]!);
          if (outcome.kind === "delivered") assert.equal(answer?.status, outcome.status);
          else assert.equal(failure?.reason, outcome.reason);
        });
      }),
    );
  });
});

test("none writes nothing", () => {
  assert.equal(written("none", [{ exchange: exchange(), outcome: delivered }]).length, 0);
});
