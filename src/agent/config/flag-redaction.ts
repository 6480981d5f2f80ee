import { REDACTION_PRESETS, type RedactionRule } from "../../model/redaction.ts";
import { parseChoice } from "../flag-values.ts";
import { parseDetectors, parseRedactionRule } from "./parse-redaction.ts";
import { given, LINES, list, type RawFlags, text } from "./raw-flags.ts";
import type { MirrorDocument } from "./schema.ts";
import type { RedactionRuleDocument } from "./schema-redaction.ts";

/** What flags say about redaction, as it would be written in a rules file. All of it throws ST_USAGE. */

function ruleDocument({ subject, action }: RedactionRule): RedactionRuleDocument {
  const acted = {
    action: action.kind === "replace" ? { replace: action.value } : action.kind,
  } as const;
  switch (subject.kind) {
    case "path":
      return { path: subject.template, name: subject.name, ...acted };
    case "json":
      return { json: subject.path, ...acted };
    case "text":
      return { text: subject.pattern, ...acted };
    case "body":
      return { body: true, ...acted };
    default:
      return { [subject.kind]: subject.name, ...acted };
  }
}

/** `--redact`, `--redact-rule` and `--redact-detect`, as far as they are given. */
export function parseRedactFlags(flags: RawFlags): Pick<MirrorDocument, "redact"> {
  const rules = list(flags, "redact-rule", LINES).map(parseRedactionRule).map(ruleDocument);
  const detectors = parseDetectors(flags);
  const redact = {
    ...given("preset", text(flags, "redact"), (value) =>
      parseChoice("--redact", value, REDACTION_PRESETS),
    ),
    ...(rules.length === 0 ? {} : { rules }),
    ...(detectors.length === 0 ? {} : { detectors: [...detectors] }),
  };
  return Object.keys(redact).length === 0 ? {} : { redact };
}
