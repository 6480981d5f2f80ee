/** Where a value stands: what kind of place, and its name or path, where it has one. */
export interface Place {
  readonly kind: "header" | "cookie" | "query" | "path" | "form" | "json" | "text" | "body";
  readonly name: string | readonly (string | number)[];
}

export const BODY: Place = { kind: "body", name: "" };
export const TEXT: Place = { kind: "text", name: "" };

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** For people: `header authorization`, `json $.user.email`, `body`. */
export function formatPlace({ kind, name }: Place): string {
  if (typeof name !== "string") return `${kind} $${name.map(formatStep).join("")}`;
  return name === "" ? kind : `${kind} ${name}`;
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return PLAIN_NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
