import type { RE2JS } from "re2js";
import type { RedactionAction, RedactionPolicy, RedactionSubject } from "../../model/redaction.ts";
import { compileJsonPath, type JsonPathTest } from "../document/json-path.ts";
import { wireText } from "../wire-text.ts";
import { redactionFault } from "./fault.ts";
import { compileTemplate, type PathTemplate } from "./path-template.ts";
import { compilePattern } from "./text-pattern.ts";

/** What is done with a value, and who said so: `rule 2`, `preset headers`. */
export interface Order {
  readonly action: RedactionAction;
  readonly by: string;
}

/** The rules of a policy by what they are about. Where several are about one value, the first is kept. */
export interface CompiledRules {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, Order>;
  readonly cookies: ReadonlyMap<string, Order>;
  readonly query: ReadonlyMap<string, Order>;
  readonly form: ReadonlyMap<string, Order>;
  readonly path: readonly (Order & { readonly name: string; readonly template: PathTemplate })[];
  readonly json: readonly (Order & { readonly test: JsonPathTest })[];
  readonly text: readonly (Order & { readonly regex: RE2JS })[];
  readonly body: Order | undefined;
}

/** Throws when `redactionFault` has something to say. */
export function compileRules(policy: RedactionPolicy): CompiledRules {
  const fault = redactionFault(policy);
  if (fault !== undefined) throw new RangeError(fault.message);
  const orders = policy.rules.map(({ subject, action }, index) => ({
    subject,
    order: { action: wireAction(action), by: `rule ${index + 1}` },
  }));
  const of = <K extends RedactionSubject["kind"], T>(
    kind: K,
    compile: (subject: RedactionSubject & { kind: K }, order: Order) => T,
  ): T[] =>
    orders.flatMap(({ subject, order }) =>
      subject.kind === kind ? [compile(subject as RedactionSubject & { kind: K }, order)] : [],
    );
  return {
    headers: firsts(of("header", ({ name }, order) => [name.toLowerCase(), order] as const)),
    cookies: firsts(of("cookie", ({ name }, order) => [name, order] as const)),
    query: firsts(of("query", ({ name }, order) => [wireText(name), order] as const)),
    form: firsts(of("form", ({ name }, order) => [wireText(name), order] as const)),
    path: of("path", ({ template, name }, order) => ({
      ...order,
      name,
      template: compileTemplate(wireText(template), name),
    })),
    json: of("json", ({ path }, order) => ({ ...order, test: sound(compileJsonPath(path)) })),
    text: of("text", ({ pattern }, order) => ({ ...order, regex: sound(compilePattern(pattern)) })),
    body: of("body", (_subject, order) => order)[0],
  };
}

/** The action with its text as bytes on the wire. */
export function wireAction(action: RedactionAction): RedactionAction {
  return action.kind === "replace" ? { ...action, value: wireText(action.value) } : action;
}

function firsts(entries: readonly (readonly [string, Order])[]): ReadonlyMap<string, Order> {
  return new Map(entries.toReversed());
}

function sound<T extends object>(compiled: T | string): Exclude<T, { kind: "fault" }> {
  if (typeof compiled === "string" || ("kind" in compiled && compiled.kind === "fault"))
    throw new RangeError("A rule was not checked before it was compiled.");
  return compiled as Exclude<T, { kind: "fault" }>;
}
