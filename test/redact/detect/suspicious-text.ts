import { DEFAULT_DETECTORS, OPT_IN_DETECTORS } from "../../../src/model/redaction.ts";
import { fc } from "../../fuzz/property.ts";
import { SAMPLES } from "./samples.ts";

/** Pieces of what detectors look for, put together at random. */
export const suspiciousText = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...[...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS].flatMap((name) =>
            SAMPLES[name].map(([text]) => text),
          ),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          " ",
          "-",
          ".",
          ",",
          "@",
          "+",
          '"',
          "=",
          ":",
          "\n",
          "Bearer ",
          "token=",
          "DE89",
          "eyJ",
          "\xe9",
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
      { weight: 1, arbitrary: fc.stringMatching(/^[0-9 -]{1,20}$/) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));
