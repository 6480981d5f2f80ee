/** Packets of a capture file that hold nothing for the decoder, as they should. */
export const PASSED_REASONS = [
  "not_ip",
  "not_tcp",
  "other_port",
  "no_data",
  "answer_body",
] as const;
export type PassedReason = (typeof PASSED_REASONS)[number];

/** Packets of a capture file that cannot be read, whatever is in them. */
export const REFUSED_REASONS = [
  "link_type",
  "header_cut",
  "link_header",
  "ip_header",
  "tcp_header",
  "fragment",
] as const;
export type RefusedReason = (typeof REFUSED_REASONS)[number];

/** What became of the packets of a capture file: each is handed on, passed over or refused, once. */
export interface PacketLedger {
  packets: number;
  /** To the decoder: client data, beginnings of answers, SYN, FIN and RST. */
  handed_on: number;
  passed_over: Record<PassedReason, number>;
  refused: Record<RefusedReason, number>;
  /** How many of those handed on the capture holds only the beginning of, and how many client bytes are missing by it. */
  cut: { packets: number; bytes: number };
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

export function createPacketLedger(): PacketLedger {
  return {
    packets: 0,
    handed_on: 0,
    passed_over: zeros(PASSED_REASONS),
    refused: zeros(REFUSED_REASONS),
    cut: { packets: 0, bytes: 0 },
  };
}
