import type { Origin, Rule } from "../../src/model/rule.ts";
import { rule as anyRule } from "../select/rules.ts";

/** A rule for one port, with everything else left open unless told. */
export function rule(
  port: number,
  parts: Partial<Rule> & { readonly origin?: Partial<Origin> } = {},
): Rule {
  const { origin, name = "test", ...rest } = parts;
  const { from } = anyRule(name);
  return anyRule(name, {
    from: { ...from, ports: [{ first: port, last: port }], ...origin },
    ...rest,
  });
}
