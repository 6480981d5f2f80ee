import type {
  LostReason,
  MalformedReason,
  OverBudgetReason,
  SkippedReason,
  UnansweredReason,
  UnsentReason,
} from "../model/ledger.ts";
import type { RefusalReason } from "../model/redaction.ts";

/** What each reason of the ledger means, and what changes it: read by whoever is woken up at night. */

export const SKIPPED_ADVICE: Readonly<Record<SkippedReason, string>> = {
  own: "shadowtap's own requests to a shadow; never mirrored again.",
  already_shadow: "Marked X-Shadow-Request: another mirror's copies; never mirrored again.",
  not_http: "Not HTTP/1.x: TLS, HTTP/2 or another protocol. Capture behind whatever ends TLS.",
  upgraded:
    "With these, connections left HTTP (WebSocket and the like, CONNECT); not mirrored, nor what follows.",
  not_selected: "The kernel saw that no rule can match, so they were never copied.",
  sampled_out: "Left out in the kernel by the share that the rule mirrors.",
};

export const LOST_ADVICE: Readonly<Record<LostReason, string>> = {
  ring_full: "The ring was full. A larger --ring-size, more --workers, or a smaller --percent.",
  gap: "Bytes of it were missing from the copy. A larger --ring-size if ring_full or shed appear too.",
  joined_mid_stream:
    "In progress, or not yet told apart, when capture began on an open connection; no fault.",
  left_mid_stream: "In progress when capture ended; no fault.",
  owner_unknown:
    "Whose connection it was could not be told in time, and a rule goes by users: too large to hold, or never answered.",
};

export const SHED_ADVICE =
  "Refused in the kernel to spare the live service. More --workers, a larger --ring-size, or a smaller --percent.";

export const THROTTLED_ADVICE =
  "Refused in the kernel to keep within --max-cpu or --max-memory. A higher limit, or rules that select less.";

export const MALFORMED_ADVICE: Readonly<Record<MalformedReason, string>> = {
  request_line: "No valid request line.",
  header_field: "A header line that is not one.",
  header_too_large: "A head larger than shadowtap reads.",
  content_length: "Lengths that are invalid or contradict each other: a request smuggler's shape.",
  transfer_encoding:
    "A transfer coding that is not understood, or one beside a length: a request smuggler's shape.",
  chunk: "An invalid chunk.",
  version: "Not HTTP/1.0 or HTTP/1.1.",
  incomplete: "The client closed before the request was complete.",
};

export const HELD_BACK_ADVICE =
  "Not a method that is mirrored. --allow-methods adds some, or all; a payment mirrored is a payment made twice.";

export const OVER_BUDGET_ADVICE: Readonly<Record<OverBudgetReason, string>> = {
  max_rps: "Above the rate of --max-rps.",
  max_bandwidth: "Above the bytes per second of --max-bandwidth.",
  max_in_flight: "As many copies as --max-in-flight allows were under way: the shadow is slower.",
  count: "Beyond the number of --count.",
};

/** Not sent, because redaction could not look at what it must look at. */
export const REFUSED_ADVICE: Readonly<Record<RefusalReason, string>> = {
  unparsable:
    "The body is not what its Content-Type says, so that nothing could be redacted in it.",
  unknown_encoding: "A Content-Encoding or a charset that redaction cannot undo.",
  unknown_content: "A kind of body that `strict` cannot look into. --redact standard lets it pass.",
  too_large: "Longer than maxBodyBytes of redaction, as sent or decompressed.",
  too_deep: "Nested more deeply than redaction follows.",
  head_too_large: "The head grew too large when values in it were replaced.",
  request_cut: "The body ended early; see lost and malformed.",
};

export const NOT_MATCHED_ADVICE = "No rule matches.";
export const ALSO_MATCHED_ADVICE =
  "Matches beyond a request's first: each one counts in its rule as well.";
export const SAMPLED_OUT_ADVICE = "Left out by --percent.";

export const UNSENT_ADVICE: Readonly<Record<UnsentReason, string>> = {
  paused: "The target was paused. `shadowtap target resume` lets copies through again.",
  address_refused:
    "The target's name resolved to an address that copies may not go to: see --allow-target and --redact.",
  max_rps: "Above the target's own rate of requests per second.",
  max_bandwidth: "Above the target's own bytes per second.",
  max_in_flight: "As many copies as the target may have under way were; the shadow is slower.",
  queue_full:
    "The shadow is slower than the live service. A faster shadow, --pipeline, or a smaller --percent.",
  breaker_open:
    "The target failed so often that it was left alone for a while; see the other reasons.",
  connect_failed: "No connection to the target. Is it up, and is the address of --to right?",
  connect_timeout: "The target did not take the connection within --timeout. A firewall between?",
  request_cut: "Its copy was cut short before anything was sent; see lost and malformed.",
  expired:
    "Waited longer than --timeout for its turn. A faster shadow, --pipeline, or a longer --timeout.",
  stopping: "Still waiting when the run ended.",
};

export const UNANSWERED_ADVICE: Readonly<Record<UnansweredReason, string>> = {
  timeout: "No complete answer within --timeout.",
  connection_closed: "The shadow closed the connection without a complete answer.",
  connection_reset: "The shadow reset the connection.",
  bad_response: "The shadow's answer is not valid HTTP/1.x.",
  request_cut:
    "Its copy was cut short while it was sent, so the connection was closed; see lost and malformed.",
  buffer_full: "The shadow read a large body more slowly than the client sent it.",
  stopping: "Still unanswered when the run ended.",
};
