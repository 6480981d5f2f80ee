import { rewriteForm } from "../document/form.ts";
import { MAX_JSON_DEPTH, rewriteJson, rewriteNdjson } from "../document/json.ts";
import { rewriteMultipart } from "../document/multipart.ts";
import type { FormPlace, Rewritten, Visit } from "../document/rewrite.ts";
import { rewriteText } from "../document/text.ts";
import { TEXT } from "../place.ts";
import type { CompiledRules } from "../policy/compile.ts";
import type { Values } from "../values.ts";
import { createJsonVisit } from "./json-visit.ts";
import type { BodyPlan, BodyPlanner } from "./plan.ts";
import { applyTextRules } from "./text-rules.ts";

/** Rewrites a document by its kind. */
export type RewriteDocument = (
  plan: Extract<BodyPlan, { kind: "document" }>,
  text: string,
) => Rewritten;

/** A multipart body within a multipart body is nested once; nobody but an attacker goes deeper. */
const MAX_MULTIPART_DEPTH = 3;

/** A character reference of XML and HTML to ASCII: by its number, which HTML reads without a semicolon, too, or by its name. */
const REFERENCE =
  /&(?:#x0*([0-9a-f]{1,2})(?![0-9a-f]);?|#0*([0-9]{1,3})(?![0-9]);?|(commat|period|plus|lowbar|nbsp|hyphen|dash|shy|Tab|NewLine|sol|colon);)/gi;

/** What those names stand for that keep the parts of a value together; others part them as a blank does. */
const NAMED: Readonly<Record<string, string>> = {
  commat: "@",
  period: ".",
  plus: "+",
  lowbar: "_",
  hyphen: "-",
  dash: "-",
  shy: "",
  sol: "/",
  colon: ":",
};

/** Text that XML reads as if these were not there. */
const SECTION = /<!\[CDATA\[|\]\]>/g;

function characterOf(
  reference: string,
  hex: string | undefined,
  decimal: string | undefined,
  name: string | undefined,
) {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? " ";
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code < 0x80 ? String.fromCharCode(code) : reference;
}

export function createDocuments(
  rules: CompiledRules,
  values: Values,
  planner: BodyPlanner,
): RewriteDocument {
  const json = createJsonVisit(rules, values);
  const jsonLimits = {
    maxDepth: MAX_JSON_DEPTH,
    ...(rules.json.some(({ action }) => action.kind === "remove") ? { removes: json.removes } : {}),
  };

  const formVisit: Visit<FormPlace> = ({ name, isName, header, contentType }, value) => {
    const place = { kind: "form", name } as const;
    if (isName) return values.clean(value, { kind: "form", name: "" });
    if (header !== undefined) return values.clean(value, place, header);
    const rule = rules.form.get(name);
    if (rule !== undefined) return values.obey(rule, value, place);
    return contentType === undefined ? values.clean(value, place, name) : value;
  };

  function textVisit(body: string): string | undefined {
    const ruled = rules.text.length === 0 ? body : applyTextRules(body, rules, values);
    return ruled === undefined ? undefined : (values.clean(ruled, TEXT) ?? "");
  }

  /** What is spelled with character references was not looked into: it may hold nothing. */
  function withoutHidden(rewritten: Rewritten): Rewritten {
    if (!values.detects || rewritten.kind === "refused") return rewritten;
    const plain = rewritten.text.replace(SECTION, "").replace(REFERENCE, characterOf);
    if (plain === rewritten.text) return rewritten;
    return values.clean(plain, TEXT) === plain
      ? rewritten
      : { kind: "refused", reason: "unknown_encoding" };
  }

  function rewrite(
    { document, boundary }: Extract<BodyPlan, { kind: "document" }>,
    body: string,
    depth: number,
  ): Rewritten {
    switch (document) {
      case "json":
        return rewriteJson(body, json.visit, jsonLimits);
      case "ndjson":
        return rewriteNdjson(body, json.visit, jsonLimits);
      case "form":
        return rewriteForm(body, formVisit);
      case "multipart":
        return depth > MAX_MULTIPART_DEPTH
          ? { kind: "refused", reason: "too_deep" }
          : rewriteMultipart(body, boundary, formVisit, (type, part) => nested(type, part, depth));
      case "text":
      case "other":
        return withoutHidden(rewriteText(body, textVisit));
    }
  }

  function nested(contentType: string, body: string, depth: number): Rewritten {
    const plan = planner.planPart(contentType);
    if (plan.kind === "document" && body !== "") return rewrite(plan, body, depth + 1);
    return plan.kind === "refuse" && body !== ""
      ? { kind: "refused", reason: plan.reason }
      : { kind: "text", text: body };
  }

  return (plan, body) => rewrite(plan, body, 1);
}
