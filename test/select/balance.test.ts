import assert from "node:assert/strict";
import { test } from "node:test";
import { createCaptureLedger, createTargetLedger, imbalance } from "../../src/model/ledger.ts";
import type { Rule, RuleSet } from "../../src/model/rule.ts";
import { createRandom32 } from "../../src/select/random.ts";
import { createSelection } from "../../src/select/selection.ts";
import { fc } from "../fuzz/property.ts";
import { anyMatch, anyRequestText } from "./match/arbitrary.ts";
import { liveConnection, requestView } from "./request.ts";
import { rule } from "./rules.ts";

const limit = fc.option(fc.nat(4), { nil: undefined });

const anyRule: fc.Arbitrary<Rule> = fc
  .record({
    name: fc.constantFrom("a", "b", "c", "d"),
    match: anyMatch,
    methods: fc.constantFrom("all" as const, ["GET"]),
    share: fc.constantFrom(0, 0.3, 1, 1),
    sampleBy: fc.oneof(
      fc.record({
        kind: fc.constantFrom("request" as const, "connection" as const, "client" as const),
      }),
      fc.record({
        kind: fc.constantFrom("header" as const, "cookie" as const, "query" as const),
        name: fc.constantFrom("a", "b"),
      }),
    ),
    count: limit,
    budget: fc.record({
      requestsPerSecond: fc.constantFrom(undefined, 0.5, 3),
      bytesPerSecond: fc.constantFrom(undefined, 50, 500),
      inFlight: limit,
    }),
    targets: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
  })
  .map(({ name, ...members }) => rule(name, members));

const anySet = fc.record({
  matching: fc.constantFrom("first" as const, "all" as const),
  rules: fc.uniqueArray(anyRule, { selector: (one) => one.name, maxLength: 4 }),
});

const anyStep = fc.oneof(
  { weight: 1, arbitrary: fc.record({ use: anySet }) },
  { weight: 1, arbitrary: fc.record({ share: fc.constantFrom(0, 0.5, 1) }) },
  { weight: 8, arbitrary: fc.record({ settle: fc.boolean() }) },
  {
    weight: 20,
    arbitrary: fc.record({
      text: anyRequestText,
      mask: fc.nat(15),
      generation: fc.nat(5),
      sample: fc.constantFrom(-1, 0, 2 ** 31),
      refuse: fc.boolean(),
    }),
  },
);

/** Like a run: what is offered goes to every target, each decides it once, and the ledgers must balance at rest. */
test("ledgers balance for any traffic, rules and changes of rules", () => {
  fc.assert(
    fc.property(anySet, fc.array(anyStep, { maxLength: 80, size: "max" }), (first, steps) => {
      let now = 0;
      let generation = 1;
      const random32 = createRandom32(1);
      const book = createSelection({ nowNs: () => now, random32 });
      const capture = createCaptureLedger();
      const targets = new Map([0, 1, 2, 3].map((i) => [`${i}`, createTargetLedger()]));
      const waiting: Rule[] = [];
      const use = (set: Omit<RuleSet, "generation">) =>
        book.use({ ...set, generation: generation++ });
      const settle = (isDelivered: boolean) => {
        const one = waiting.shift();
        if (one === undefined) return;
        for (const index of one.targets) {
          const ledger = targets.get(`${index}`);
          assert.ok(ledger);
          ledger.offered++;
          if (isDelivered) {
            ledger.delivered++;
            ledger.status["200"] = (ledger.status["200"] ?? 0) + 1;
          } else ledger.failed.unsent.expired++;
        }
        book.settled(one, isDelivered);
      };
      use(first);
      for (const step of steps) {
        now += 2e7;
        if ("use" in step) use(step.use);
        else if ("share" in step) book.setShare("a", step.share);
        else if ("settle" in step) settle(step.settle);
        else {
          capture.decoded++;
          const { text, mask, sample } = step;
          const connection = liveConnection({
            generation: step.generation,
            rulesLow: mask,
            sample,
          });
          book.decide(connection, requestView(text, { sample }), (one) => {
            if (step.refuse) book.refused(one, "unparsable");
            else {
              book.offered(one);
              waiting.push(one);
            }
          });
        }
      }
      while (waiting.length > 0) settle(true);
      assert.deepEqual(imbalance(capture, book.ledger, book.ledgers, targets), []);
    }),
    { numRuns: 300 },
  );
});
