import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMatch } from "../../../src/select/match/compile-match.ts";
import { fc } from "../../fuzz/property.ts";
import { requestView } from "../request.ts";
import { anyMatch, anyRequestText } from "./arbitrary.ts";
import { naiveMatch } from "./naive-match.ts";

test("every match agrees with the same said in strings, for every request", () => {
  let held = 0;
  fc.assert(
    fc.property(
      anyMatch,
      fc.array(anyRequestText, { minLength: 5, maxLength: 5 }),
      (match, texts) => {
        const compiled = compileMatch(match);
        for (const text of texts) {
          const request = requestView(text);
          const expected = naiveMatch(match, request);
          if (expected) held++;
          assert.equal(compiled(request), expected, text);
        }
      },
    ),
    { numRuns: 4000 },
  );
  assert.ok(held > 4000 && held < 16_000, `one-sided traffic: ${held}`);
});
