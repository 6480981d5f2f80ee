import type { Counters } from "../capture/counters.ts";
import type { Listener } from "../capture/listeners.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import type { MirrorOptions } from "./options.ts";

/** What to say, once per server, about traffic that cannot be mirrored. */
export function noticeText(notice: string, server: string): string {
  switch (notice) {
    case "tls":
      return `${server} speaks TLS, which cannot be read: capture the plain-text port behind whatever ends TLS.`;
    case "http2_preface":
      return `${server} speaks HTTP/2, which is not mirrored: only HTTP/1.0 and HTTP/1.1 are.`;
    case "upgraded":
      return `${server} has connections that changed to another protocol (WebSocket): they are counted, not mirrored.`;
    default:
      return `${server}: ${notice}.`;
  }
}

/** `0.0.0.0:8080 nginx (pid 812)`, IPv6 in brackets. */
export function listenerText({ address, port, owner }: Listener): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${owner ? ` ${owner}` : ""}`;
}

/** The start-up lines: where traffic is taken from, and why there; what is sent where. */
export function startText(
  options: MirrorOptions,
  scope: ResolvedScope,
  attachments: readonly string[],
  reason: string,
  listeners: readonly Listener[],
): string[] {
  const ports = options.ports.join(", ");
  const methods = options.methods === "all" ? "All methods" : [...options.methods].join(", ");
  const share = options.percent === 100 ? "" : `${options.percent} % of `;
  const path = options.path === "*" ? "" : ` ${options.path}`;
  return [
    `Capturing port ${ports} of ${scope.description} by ${attachments.join(", ")} (${reason}).`,
    listeners.length > 0
      ? `Listening there: ${listeners.map(listenerText).join(", ")}.`
      : `Nothing listens on port ${ports} of ${scope.description} yet.`,
    `Mirroring ${share}${methods}${path} to ${options.targets.map(({ name }) => name).join(", ")}; nothing is redacted.`,
  ];
}

/** Why nothing has been captured for a while: the likely reasons, most likely first. */
export function quietText(
  seconds: number,
  counters: Counters,
  listeners: readonly Listener[],
  options: MirrorOptions,
  scope: ResolvedScope,
): string {
  const ports = options.ports.join(", ");
  const reasons: string[] = [];
  if (listeners.length === 0)
    reasons.push(`nothing listens on port ${ports} of ${scope.description}`);
  if (counters.out_of_scope.records > 0)
    reasons.push(
      `${counters.out_of_scope.records} segments for that port belonged to other namespaces (see --netns, --container, --all-namespaces)`,
    );
  if (counters.target.records > 0) reasons.push("what came was for a shadow target itself");
  if (reasons.length === 0)
    reasons.push(
      "no client sends anything",
      "the service is reached at another port (a proxy, a port mapping) or in another namespace",
    );
  return `No traffic for ${seconds} s. Likely: ${reasons.join("; or ")}.`;
}
