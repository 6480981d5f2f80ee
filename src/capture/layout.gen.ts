// Written by scripts/gen-layout.ts from bpf/shadowtap.h. Byte offsets and sizes.

export const ST_SEGMENT = {
  sizeof: 96,
  time_ns: 0,
  flow_hash: 8,
  tuple: 16,
  seq: 64,
  ack: 68,
  payload_bytes: 72,
  offset: 76,
  length: 80,
  skipped_bytes: 84,
  tcp_flags: 88,
  direction: 90,
  flags: 91,
  lost_starts: 92,
} as const;

export const ST_TUPLE = {
  sizeof: 48,
  scope: 0,
  client_addr: 8,
  server_addr: 24,
  client_port: 40,
  server_port: 42,
} as const;

export const ST_RING_CONTROL = {
  sizeof: 64,
  armed: 0,
  admit_bytes: 4,
} as const;

export const ST_HEARTBEAT = {
  sizeof: 8,
  time_ns: 0,
} as const;

export const ST_OWN_BUCKET = {
  sizeof: 64,
  tags: 0,
} as const;

export const ST_PORT_SET = {
  sizeof: 8192,
  bits: 0,
} as const;

export const ST_ENDPOINT = {
  sizeof: 24,
  addr: 0,
  port: 16,
} as const;

export const ST_COUNT = {
  sizeof: 16,
  records: 0,
  bytes: 8,
} as const;

export const ST_FLOW = {
  sizeof: 24,
  skipped_bytes: 0,
  lost_starts: 4,
  boundary: 8,
  requests_seen_at: 12,
  responses_seen_at: 16,
  state: 20,
} as const;

export const ST_CONFIG = {
  sizeof: 40,
  netns_cookie: 0,
  abi: 8,
  scope: 12,
  heartbeat_limit_ns: 16,
  ring_count: 24,
  ring_bytes: 28,
  has_netns_cookie: 32,
} as const;

export const ST_LIMIT = {
  ST_ABI: 1,
  ST_MAX_RINGS: 64,
  ST_MAX_FLOWS: 65536,
  ST_OWN_BUCKETS: 2048,
  ST_OWN_WAYS: 8,
  ST_MAX_TARGETS: 256,
  ST_MAX_CHUNK: 32768,
  ST_MAX_CHUNKS: 9,
  ST_RESPONSE_CUT: 160,
} as const;

export const ST_DIRECTION = {
  ST_TO_SERVER: 0,
  ST_TO_CLIENT: 1,
} as const;

export const ST_SEGMENT_FLAG = {
  ST_AT_BOUNDARY: 1,
  ST_LOST_BEFORE: 2,
  ST_SKIPPED_BEFORE: 4,
  ST_CUT: 8,
} as const;

export const ST_SCOPE = {
  ST_SCOPE_ANY: 0,
  ST_SCOPE_NETNS: 1,
  ST_SCOPE_LOCAL: 2,
} as const;

export const ST_COUNTER = {
  ST_C_EMITTED: 0,
  ST_C_RESPONSE_BODY: 1,
  ST_C_OUT_OF_SCOPE: 2,
  ST_C_DUPLICATE: 3,
  ST_C_TARGET: 4,
  ST_C_OWN: 5,
  ST_C_SHED: 6,
  ST_C_RING_FULL: 7,
  ST_C_TOO_LARGE: 8,
  ST_C_FRAGMENT: 9,
  ST_C_UNREADABLE: 10,
  ST_C_FLOWS_FULL: 11,
  ST_C_START_OWN: 12,
  ST_C_START_SHED: 13,
  ST_C_START_RING_FULL: 14,
  ST_C_MAX: 15,
} as const;

export const ST_FLOW_STATE = {
  ST_FLOW_SHED: 1,
  ST_FLOW_LOST: 2,
  ST_FLOW_SKIPPED: 4,
  ST_FLOW_BOUNDARY: 8,
  ST_FLOW_TARGET: 16,
  ST_FLOW_OUT_OF_SCOPE: 32,
} as const;
