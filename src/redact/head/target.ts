import { rewriteForm } from "../document/form.ts";
import { decodePercent, encodePercent } from "../document/percent.ts";
import type { CompiledRules } from "../policy/compile.ts";
import { NO_SEGMENT } from "../policy/path-template.ts";
import type { Values } from "../values.ts";

/** Rewrites request targets and the paths in them. What does not change stays byte for byte. */
export interface TargetRewriter {
  /** All forms of RFC 9112 section 3.2. */
  target(text: string): string;
  path(text: string): string;
}

const AUTHORITY = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;

/** Where the path begins: behind the authority in absolute form. */
export function pathStart(target: string): number {
  return target.startsWith("/") ? 0 : (AUTHORITY.exec(target)?.[0].length ?? 0);
}

export function createTargetRewriter(rules: CompiledRules, values: Values): TargetRewriter {
  function segmentValue(segment: string, index: number): string | undefined {
    const decoded = decodePercent(segment, false);
    const cleaned = values.clean(decoded, { kind: "path", name: `segment ${index}` });
    return cleaned === decoded ? segment : cleaned && encodePercent(cleaned);
  }

  function path(text: string): string {
    if (text === "" || (!values.detects && rules.path.length === 0)) return text;
    const segments: (string | undefined)[] = text.split("/");
    const ruled = new Set<number>();
    const written = text.split("/");
    for (const rule of rules.path) {
      const index = rule.template.findSegment(written);
      if (index === NO_SEGMENT || ruled.has(index)) continue;
      ruled.add(index);
      const decoded = decodePercent(written[index] ?? "", false);
      const place = { kind: "path", name: `{${rule.name}}` } as const;
      const standIn = values.obey(rule, decoded, place);
      segments[index] = standIn === decoded ? written[index] : standIn && encodePercent(standIn);
    }
    if (values.detects)
      for (const [index, segment] of written.entries())
        if (!ruled.has(index)) segments[index] = segmentValue(segment, index);
    const kept = segments.filter((segment) => segment !== undefined);
    return kept.length === 1 && text.startsWith("/") ? `/${kept[0]}` : kept.join("/");
  }

  function query(text: string): string {
    if (!values.detects && rules.query.size === 0) return text;
    const rewritten = rewriteForm(text, ({ name, isName }, value) => {
      if (isName) return values.clean(value, { kind: "query", name: "" });
      const rule = rules.query.get(name);
      const place = { kind: "query", name } as const;
      return rule === undefined
        ? values.clean(value, place, name)
        : values.obey(rule, value, place);
    });
    return rewritten.kind === "text" ? rewritten.text : "";
  }

  function target(text: string): string {
    const start = pathStart(text);
    if (start === 0 && !text.startsWith("/")) return text;
    const question = text.indexOf("?", start);
    const end = question < 0 ? text.length : question;
    const newPath = path(text.slice(start, end));
    const newQuery = question < 0 ? "" : query(text.slice(question + 1));
    const isBare = newQuery === "" && text.length > question + 1;
    const rest = question < 0 || isBare ? "" : `?${newQuery}`;
    return text.slice(0, start) + newPath + rest;
  }

  return { target, path };
}
