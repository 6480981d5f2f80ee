/** Says in the shadow's whole call tree, wherever W3C Baggage is passed on, that this is no request of a client. */
export const SHADOW_MEMBER = "shadow=true";

/** What every platform must pass on; beyond it a member may be dropped (W3C Baggage, "Limits"). */
const MAX_MEMBERS = 64;
const MAX_BYTES = 8192;

/**
 * The values of a request's baggage fields as one, our member last, in place of others of that key. Undefined where there is
 * no room for it: the client's own members are not given up for it, the copy has its mark all the same.
 */
export function markedBaggage(values: readonly string[]): string | undefined {
  const text = values.join(",");
  const others = text.includes("shadow") ? text.split(",").filter(isOther).join(",") : text;
  const count = memberCount(others);
  const marked = count === 0 ? SHADOW_MEMBER : `${others},${SHADOW_MEMBER}`;
  return count < MAX_MEMBERS && marked.length <= MAX_BYTES ? marked : undefined;
}

function isOther(member: string): boolean {
  return !/^\s*shadow\s*(=|;|$)/.test(member);
}

/** Without empty ones, which a list may hold. */
function memberCount(list: string): number {
  let count = 0;
  for (const member of list.split(",")) if (member.trim() !== "") count++;
  return count;
}
