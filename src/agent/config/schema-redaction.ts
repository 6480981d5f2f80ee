import { z } from "zod";
import { DEFAULT_DETECTORS, OPT_IN_DETECTORS, REDACTION_PRESETS } from "../../model/redaction.ts";
import { LIMITS } from "./limits.ts";
import { choiceText } from "./problems.ts";
import { readSizeBytes } from "./quantities.ts";
import { leaf, text } from "./schema-leaves.ts";

/** What is taken out of copies: `redaction` of a rules file, and `redact` of a mirror; docs/redaction.md says what it means. */

const MAX_RULES = 256;
const DETECTORS = [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS] as const;

/** Where a rule looks: each rule has exactly one of these. */
export const SUBJECT_KEYS = [
  "header",
  "cookie",
  "query",
  "form",
  "path",
  "json",
  "text",
  "body",
] as const;
export const ACTIONS = ["remove", "mask", "hash", "tokenise"] as const;

const action = z.union(
  [
    z.enum(ACTIONS),
    z.strictObject({
      replace: leaf<string>(
        "text",
        { type: "string", maxLength: 1024, description: "What is put in its place." },
        (value) => typeof value === "string" && value.length <= 1024,
      ),
    }),
  ],
  { error: ({ input }) => choiceText(input, [...ACTIONS, "{ replace: TEXT }"]) },
);

const rule = z
  .strictObject({
    header: text("the name of a header field", "A header field, in any case.", 256).optional(),
    cookie: text("the name of a cookie", "A cookie; case counts.", 256).optional(),
    query: text("the name of a query parameter", "A query parameter; case counts.", 256).optional(),
    form: text("the name of a form field", "A field of a form; case counts.", 256).optional(),
    path: text(
      "a path such as /users/{id}",
      "A segment of paths like this one: the one in braces; further segments may follow.",
      1024,
    ).optional(),
    name: text(
      "the name of a segment in braces",
      "Which segment of `path` is meant, where several stand in braces.",
      64,
    ).optional(),
    json: text(
      "a JSON path such as $.user.email",
      "Values of a JSON body: members, indices, wildcards and descendants of RFC 9535.",
      1024,
    ).optional(),
    text: text(
      "a regular expression",
      "Matches of an RE2 regular expression in bodies of text and XML.",
      1024,
    ).optional(),
    body: z.literal(true).describe("All of the body.").optional(),
    action: action.describe("What is put in its place."),
  })
  .meta({
    id: "RedactionRule",
    description: "One of header, cookie, query, form, path, json, text and body, and the action.",
  });

const POLICY = {
  preset: z
    .enum(REDACTION_PRESETS)
    .describe("What is redacted without a rule. Default: off.")
    .optional(),
  rules: z
    .array(rule)
    .max(MAX_RULES)
    .describe("Go before the preset; the first that concerns a value decides.")
    .optional(),
  detectors: z
    .array(z.enum(DETECTORS))
    .max(DETECTORS.length)
    .describe("What is looked for besides what the preset looks for.")
    .optional(),
  detected: action
    .describe("What is done with what a detector finds. Default: tokenise.")
    .optional(),
  maxBodyBytes: leaf<number | string>(
    "a number of bytes from 1, or a size such as 4MiB, up to 256MiB",
    {
      anyOf: [
        { type: "integer", minimum: 1, maximum: LIMITS.redactedBodyBytes[1] },
        { type: "string", pattern: "^\\d{1,12} ?(KiB|MiB|GiB)$" },
      ],
      description:
        "A body that must be read may not be longer, as sent and decompressed. Default: 1MiB.",
    },
    (value) => {
      const bytes = typeof value === "string" ? readSizeBytes(value) : value;
      const [least, most] = LIMITS.redactedBodyBytes;
      return Number.isInteger(bytes) && Number(bytes) >= least && Number(bytes) <= most;
    },
  ).optional(),
};

/** What may stand in `redaction`: in `redact`, all but the key. */
export const REDACTION_KEYS: readonly string[] = [...Object.keys(POLICY), "keyFile"];
export const RULE_KEYS: readonly string[] = Object.keys(rule.shape);

const presetOr = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `${choiceText(input, REDACTION_PRESETS)}, or ${what}`,
});

/** `redact` of a mirror. */
export const redactSchema = z.union(
  [z.enum(REDACTION_PRESETS), z.strictObject(POLICY)],
  presetOr("a mapping with preset, rules or detectors"),
);

/** `redaction` of the file. */
export const redactionSchema = z.union(
  [
    z.enum(REDACTION_PRESETS),
    z.strictObject({
      ...POLICY,
      keyFile: text(
        "the path of a file",
        "The key that stand-ins are made with; relative to this file. Without it they differ from run to run.",
      ).optional(),
    }),
  ],
  presetOr("a mapping with preset, rules, detectors or keyFile"),
);

export type RedactionRuleDocument = z.infer<typeof rule>;
export type ActionDocument = z.infer<typeof action>;
