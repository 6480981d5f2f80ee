import assert from "node:assert/strict";
import { test } from "node:test";
import { seen, total } from "../../../src/model/ledger.ts";
import { createRandom } from "../../fuzz/http1-input.ts";
import { fc } from "../../fuzz/property.ts";
import { type CaptureForm, writeCapture } from "./capture-writer.ts";
import { LINKS, type Link } from "./packet-writer.ts";
import { readCapture } from "./read-capture.ts";
import { digest, generateTraffic, randomRequest, type SentRequest } from "./traffic.ts";

const RESOLUTIONS: readonly (readonly [unitsPerSecond: bigint, resolution: number | undefined])[] =
  [
    [1_000_000n, undefined],
    [1_000_000_000n, 9],
    [1_000n, 3],
    [1n << 20n, 0x80 | 20],
  ];

const forms: fc.Arbitrary<{ link: Link; form: CaptureForm }> = fc
  .record({
    link: fc.constantFrom(...(Object.keys(LINKS) as Link[])),
    format: fc.constantFrom("pcap" as const, "pcapng" as const),
    isLittle: fc.boolean(),
    resolution: fc.nat(RESOLUTIONS.length - 1),
    isSimple: fc.boolean(),
    hasStrangers: fc.boolean(),
  })
  .map(({ link, format, isLittle, resolution: index, ...rest }) => {
    const at = format === "pcap" ? index % 2 : index;
    const [unitsPerSecond = 1n, resolution] = RESOLUTIONS[at] ?? [];
    return {
      link,
      form: {
        ...{ format, isLittle, linkType: LINKS[link], unitsPerSecond, ...rest },
        ...(resolution === undefined ? {} : { resolution }),
      },
    };
  });

function generate(
  seed: number,
  largest: number,
): { random: (n: number) => number; sent: SentRequest[][] } {
  const random = createRandom(seed);
  const sent = Array.from({ length: 1 + random(4) }, () =>
    Array.from({ length: 1 + random(5) }, () => randomRequest(random, largest)),
  );
  return { random, sent };
}

test("whatever the network and the format, the requests are those that were sent", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      forms,
      fc.constantFrom("none" as const, "moved" as const, "overlapping" as const),
      fc.constantFrom(1, 7, 536, 1460, 9000),
      fc.boolean(),
      fc.constantFrom(7, 61, 4096, 1 << 20),
      (seed, { link, form }, disorder, maxSegmentBytes, hasOptions, pieceBytes) => {
        const { random, sent } = generate(seed, maxSegmentBytes < 10 ? 100 : 3000);
        const how = { disorder, maxSegmentBytes, hasOptions };
        const packets = generateTraffic(sent, link, random, how);
        const read = readCapture(writeCapture(form, packets), pieceBytes);
        assert.equal(read.error, undefined);
        const found = sent.map((_, index) =>
          read.decoded
            .filter(({ connection }) => connection === index + 1)
            .map(({ method, path, bodySha256 }) => [method, path, bodySha256 ?? null]),
        );
        const expected = sent.map((requests) =>
          requests.map(({ method, target, body }) => [method, target.split("?")[0], digest(body)]),
        );
        assert.deepEqual(found, expected);
        assert.equal(seen(read.requests), sent.flat().length);
        assert.equal(read.packets.packets, packets.length);
        assert.equal(
          read.packets.packets,
          read.packets.handed_on + total(read.packets.passed_over) + total(read.packets.refused),
        );
        assert.equal(total(read.packets.refused) + read.packets.cut.packets, 0);
        if (form.format === "pcap" || !form.isSimple)
          for (const { timeMs } of read.decoded)
            assert.ok(timeMs >= 1_767_225_600_000 && timeMs < 1_767_225_700_000, `${timeMs}`);
      },
    ),
    { numRuns: 300 },
  );
});

test("bodies too large to hold have the same digest", () => {
  const random = createRandom(3);
  const body = Buffer.alloc(1_000_000, "0123456789\r\n");
  const sent: SentRequest[] = [true, false].map((isChunked) => ({
    ...{ method: "PUT", target: "/large", body, isChunked },
  }));
  const how = { disorder: "overlapping", maxSegmentBytes: 9000, hasOptions: false } as const;
  const packets = generateTraffic([sent], "ethernet", random, how);
  const form = {
    format: "pcapng",
    isLittle: true,
    linkType: 1,
    unitsPerSecond: 1_000_000n,
  } as const;
  const { decoded } = readCapture(writeCapture(form, packets));
  assert.deepEqual(
    decoded.map(({ bodyBytes, bodySha256, framing }) => [framing, bodyBytes, bodySha256]),
    ["chunked", "length"].map((framing) => [framing, body.length, digest(body)]),
  );
});
