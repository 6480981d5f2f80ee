import type { ControlRequest } from "../../model/control.ts";

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a line of the admin socket asks for; undefined when it is not a request. Members that are not known are ignored. */
export function parseControlRequest(line: string): ControlRequest | undefined {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, target, rule, share } = value as Readonly<Record<string, unknown>>;
  switch (kind) {
    case "status":
    case "reload":
    case "stop":
      return { kind };
    case "pause":
    case "resume":
      return typeof target === "string" ? { kind, target } : undefined;
    case "set_share":
      return typeof rule === "string" && typeof share === "number" && share >= 0 && share <= 1
        ? { kind, rule, share }
        : undefined;
    default:
      return undefined;
  }
}
