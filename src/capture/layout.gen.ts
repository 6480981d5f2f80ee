// Written by scripts/gen-layout.ts from bpf/shadowtap.h. Byte offsets and sizes.

export const ST_SEGMENT = {
  sizeof: 112,
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
  rules: 96,
  generation: 104,
  sample: 108,
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
  wake_bytes: 0,
  admit_bytes: 4,
} as const;

export const ST_CONTROL = {
  sizeof: 64,
  generation: 0,
  admitted: 4,
} as const;

export const ST_RULE_SET = {
  sizeof: 608,
  any_uid: 0,
  any_cgroup: 8,
  by_request: 16,
  by_connection: 24,
  by_client: 32,
  scanned: 40,
  all: 48,
  without: 56,
  thresholds: 88,
  cgroup_levels: 600,
  by_address: 604,
} as const;

export const ST_SCAN_TABLE = {
  sizeof: 141568,
  classes: 0,
  next: 256,
  info: 131328,
  satisfied: 133376,
} as const;

export const ST_PREFIX = {
  sizeof: 24,
  bits: 0,
  place: 4,
  addr: 8,
} as const;

export const ST_SLOT_PORT = {
  sizeof: 8,
  slot: 0,
  port: 4,
} as const;

export const ST_SLOT_UID = {
  sizeof: 8,
  slot: 0,
  uid: 4,
} as const;

export const ST_SLOT_CGROUP = {
  sizeof: 16,
  id: 0,
  slot: 8,
} as const;

export const ST_COST = {
  sizeof: 24,
  packets: 0,
  timed: 8,
  timed_ns: 16,
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
  sizeof: 56,
  rules: 0,
  wanted: 8,
  generation: 16,
  state: 20,
  uid: 24,
  skipped_bytes: 28,
  lost_starts: 32,
  boundary: 36,
  left_out_from: 40,
  next_start: 44,
  requests_seen_at: 48,
  responses_seen_at: 52,
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
  side: 36,
} as const;

export const ST_LIMIT = {
  ST_ABI: 2,
  ST_MAX_RINGS: 64,
  ST_MAX_FLOWS: 65536,
  ST_OWN_BUCKETS: 2048,
  ST_OWN_WAYS: 8,
  ST_MAX_TARGETS: 256,
  ST_MAX_CHUNK: 32768,
  ST_MAX_CHUNKS: 9,
  ST_RESPONSE_CUT: 144,
  ST_MAX_RULES: 64,
  ST_SLOTS: 2,
  ST_MAX_PREFIXES: 16384,
  ST_MAX_OWNERS: 8192,
  ST_CGROUP_LEVELS: 16,
  ST_MAX_LOCALS: 4096,
  ST_SCAN_BYTES: 1024,
  ST_SCAN_PIECE: 64,
  ST_SCAN_STATES: 1024,
  ST_SCAN_CLASSES: 64,
  ST_SCAN_SETS: 256,
  ST_SCAN_CLAUSES: 4,
  ST_TIMED_PACKETS: 1024,
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
  ST_SELECTED_BEFORE: 16,
  ST_FROM_START: 32,
  ST_SAMPLED: 64,
  ST_OWNER_PENDING: 128,
} as const;

export const ST_SCOPE = {
  ST_SCOPE_ANY: 0,
  ST_SCOPE_NETNS: 1,
  ST_SCOPE_LOCAL: 2,
} as const;

export const ST_SIDE = {
  ST_SERVER_SIDE: 0,
  ST_CLIENT_SIDE: 1,
} as const;

export const ST_SCAN_FLAG = {
  ST_SCAN_HEAD_END: 1,
  ST_SCAN_LENGTH_DIGIT: 2,
  ST_SCAN_UNDECIDABLE: 4,
  ST_SCAN_SET_SHIFT: 8,
} as const;

export const ST_COUNTER = {
  ST_C_EMITTED: 0,
  ST_C_RESPONSE_BODY: 1,
  ST_C_HANDSHAKE: 2,
  ST_C_OUT_OF_SCOPE: 3,
  ST_C_DUPLICATE: 4,
  ST_C_TARGET: 5,
  ST_C_OWN: 6,
  ST_C_NOT_SELECTED: 7,
  ST_C_SAMPLED_OUT: 8,
  ST_C_THROTTLED: 9,
  ST_C_SHED: 10,
  ST_C_RING_FULL: 11,
  ST_C_TOO_LARGE: 12,
  ST_C_FRAGMENT: 13,
  ST_C_UNREADABLE: 14,
  ST_C_FLOWS_FULL: 15,
  ST_C_START_OWN: 16,
  ST_C_START_NOT_SELECTED: 17,
  ST_C_START_SAMPLED_OUT: 18,
  ST_C_START_THROTTLED: 19,
  ST_C_START_OTHER: 20,
  ST_C_START_OTHER_SAMPLED: 21,
  ST_C_START_SHED: 22,
  ST_C_START_RING_FULL: 23,
  ST_C_MAX: 24,
} as const;

export const ST_FLOW_STATE = {
  ST_FLOW_SHED: 1,
  ST_FLOW_LOST: 2,
  ST_FLOW_SKIPPED: 4,
  ST_FLOW_BOUNDARY: 8,
  ST_FLOW_TARGET: 16,
  ST_FLOW_OUT_OF_SCOPE: 32,
  ST_FLOW_TOLD: 64,
  ST_FLOW_LEAVING_OUT: 128,
  ST_FLOW_ANSWER_DUE: 256,
  ST_FLOW_OWNED: 512,
} as const;
