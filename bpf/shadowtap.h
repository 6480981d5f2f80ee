/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The contract between the kernel programs and user space. Everything here is read by both sides:
 * scripts/gen-layout turns the structs and enums into src/capture/layout.gen.ts.
 *
 * Integers are host-endian; addresses are as on the wire, IPv4 mapped into ::ffff:0:0/96.
 */
#ifndef SHADOWTAP_H
#define SHADOWTAP_H

#include <linux/types.h>

enum st_limit {
	ST_ABI = 2,	   /* raised when a field changes its meaning but not its place */
	ST_MAX_RINGS = 64, /* one per payload process */
	ST_MAX_FLOWS = 65536,
	ST_OWN_BUCKETS = 2048, /* power of two */
	ST_OWN_WAYS = 8,
	ST_MAX_TARGETS = 256,
	ST_MAX_CHUNK = 32768,  /* ring bytes of the largest record, header included */
	ST_MAX_CHUNKS = 9,     /* 9 * (32768 - 112) covers 256 KiB of BIG TCP */
	ST_RESPONSE_CUT = 144, /* bytes kept of a segment that begins a response */
	ST_MAX_RULES = 64,     /* one bit each in a mask */
	ST_SLOTS = 2, /* rule sets in the maps: the one in force, and the one before or after it */
	ST_MAX_PREFIXES = 16384,
	ST_MAX_OWNERS = 8192,  /* users and cgroups that rules name */
	ST_CGROUP_LEVELS = 16, /* depth to which cgroups can be named */
	ST_MAX_LOCALS = 4096,  /* addresses of this namespace, for the socket hook */
	ST_SCAN_BYTES = 1024,  /* of a head; a longer one is let through */
	ST_SCAN_PIECE = 64,    /* read at a time */
	ST_SCAN_STATES = 1024,
	ST_SCAN_CLASSES = 64,
	ST_SCAN_SETS = 256,
	ST_SCAN_CLAUSES = 4,
	ST_TIMED_PACKETS = 1024, /* one packet in so many is timed */
};

enum st_direction {
	ST_TO_SERVER = 0,
	ST_TO_CLIENT = 1,
};

enum st_segment_flag {
	ST_AT_BOUNDARY =
		0x01, /* begins where the server had read to when it last began a final response */
	ST_LOST_BEFORE = 0x02,	   /* bytes before this were lost to a full ring and counted */
	ST_SKIPPED_BEFORE = 0x04,  /* bytes before this were skipped by choice: skipped_bytes */
	ST_CUT = 0x08,		   /* the payload goes on beyond what was copied */
	ST_SELECTED_BEFORE = 0x10, /* whole requests were left out by the rules: the next begins
				      skipped_bytes before */
	ST_FROM_START = 0x20,	   /* the same, and nothing was told of the flow since its SYN */
	ST_SAMPLED = 0x40,	   /* `sample` was drawn for the one request that begins here */
	ST_OWNER_PENDING = 0x80,   /* the server's socket may not be accepted yet */
};

/* Which packets of the hook's interfaces are in scope. */
enum st_scope {
	ST_SCOPE_ANY = 0,   /* whatever the hook sees: a cgroup, an interface, everything */
	ST_SCOPE_NETNS = 1, /* cgroup hook: sockets of one network namespace, by its cookie */
	ST_SCOPE_LOCAL = 2, /* tc, socket: connections that end in a socket of this namespace */
};

/* Whose requests are captured. */
enum st_side {
	ST_SERVER_SIDE = 0, /* what services here receive */
	ST_CLIENT_SIDE = 1, /* what processes here send */
};

/*
 * What happened to a TCP segment of a captured port that carries payload, SYN, FIN or RST: each is
 * counted once under one of the reasons above ST_C_START_OWN. The index into the counters map.
 */
enum st_counter {
	ST_C_EMITTED,	    /* copied to a ring */
	ST_C_RESPONSE_BODY, /* server to client, not the start of a response: not copied */
	ST_C_HANDSHAKE,	    /* SYN: noted, not copied */
	ST_C_OUT_OF_SCOPE,  /* another namespace's, or forwarded */
	ST_C_DUPLICATE,	    /* tc, socket: the same flow seen at a second place */
	ST_C_TARGET,	    /* to or from a shadow target */
	ST_C_OWN,	    /* shadowtap's own connections */
	ST_C_NOT_SELECTED,  /* no rule can want it */
	ST_C_SAMPLED_OUT,   /* a rule may want it, but not in this sample */
	ST_C_THROTTLED,	    /* left out to keep within the limit on what shadowtap may use */
	ST_C_SHED,	    /* refused by admission control */
	ST_C_RING_FULL,	    /* no room in the ring */
	ST_C_TOO_LARGE,	    /* part of a segment beyond ST_MAX_CHUNKS */
	ST_C_FRAGMENT,	    /* tc, socket: an IP fragment, which has no ports */
	ST_C_UNREADABLE,    /* header or payload could not be read from the packet */
	ST_C_FLOWS_FULL,    /* the flow table took no new entry */
	/* From here on request starts are counted, too: client segments that begin with a method.
	 */
	ST_C_START_OWN,
	ST_C_START_NOT_SELECTED, /* of known framing: one request each */
	ST_C_START_SAMPLED_OUT,
	ST_C_START_THROTTLED,
	ST_C_START_OTHER,	  /* in flows that no rule looks at */
	ST_C_START_OTHER_SAMPLED, /* in flows that a sample left out */
	ST_C_START_SHED,
	ST_C_START_RING_FULL,
	ST_C_MAX,
};

struct st_tuple {
	__u64 scope; /* network namespace cookie, or cgroup id where the kernel gives no cookie, or
			0 */
	__u8 client_addr[16];
	__u8 server_addr[16];
	__u16 client_port;
	__u16 server_port;
	__u32 _pad;
};

/* One record of a ring: this header, then `length` bytes of payload. */
struct st_segment {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 flow_hash;
	struct st_tuple tuple;
	__u32 seq; /* of the segment's first payload byte */
	__u32 ack;
	__u32 payload_bytes; /* of the whole segment */
	__u32 offset;	     /* of this chunk in it */
	__u32 length;	     /* of this chunk */
	__u32 skipped_bytes;
	__u16 tcp_flags; /* FIN only on the last chunk */
	__u8 direction;
	__u8 flags;
	__u32 lost_starts; /* request starts of this flow lost to a full ring since its last record
			    */
	__u64 rules;	   /* of `generation`: those whose `from` fits the flow */
	__u32 generation;
	__u32 sample; /* with ST_SAMPLED */
};

/* Per ring, mapped by its payload process; a cache line each. */
struct st_ring_control {
	__u32 wake_bytes;  /* the consumer sleeps until the ring holds this many; 0: it is awake */
	__u32 admit_bytes; /* admission as if the ring were this small; 0: its real size */
	__u32 _pad[14];
};

/*
 * Mapped by the keeper. The rule set in force is the one in slot generation % ST_SLOTS: one store
 * changes all of it at once.
 */
struct st_control {
	__u32 generation;
	__u32 admitted; /* of 2^32 request starts, so many are let through; 2^32 - 1: all */
	__u32 _pad[14];
};

/* What a rule set says beside its tables. Masks have a bit for each rule. */
struct st_rule_set {
	__u64 any_uid;	  /* rules that name no user */
	__u64 any_cgroup; /* rules that name no cgroup */
	__u64 by_request; /* rules of which a share is drawn here, by what */
	__u64 by_connection;
	__u64 by_client;
	__u64 scanned; /* rules that have a clause */
	__u64 all;
	__u64 without[ST_SCAN_CLAUSES]; /* rules that do not have this clause */
	__u64 thresholds[ST_MAX_RULES]; /* a sample is in when below; 2^32: all are */
	__u32 cgroup_levels;		/* bit n: some rule names a cgroup at depth n */
	__u32 by_address;		/* some rule names networks */
};

/* The automaton of src/model/kernel-rules.ts. */
struct st_scan_table {
	__u8 classes[256];
	__u16 next[ST_SCAN_STATES * ST_SCAN_CLASSES];
	__u16 info[ST_SCAN_STATES]; /* flags, and from ST_SCAN_SET_SHIFT on the set */
	__u64 satisfied[ST_SCAN_SETS * ST_SCAN_CLAUSES];
};

enum st_scan_flag {
	ST_SCAN_HEAD_END = 0x01,
	ST_SCAN_LENGTH_DIGIT = 0x02,
	ST_SCAN_UNDECIDABLE = 0x04,
	ST_SCAN_SET_SHIFT = 8, /* not a flag: where the set's number begins */
};

/* `place` is slot * 2, plus 1 for the remote side; always looked up in full. */
struct st_prefix {
	__u32 bits; /* 32 + the prefix's */
	__u32 place;
	__u8 addr[16];
};

struct st_slot_port {
	__u32 slot;
	__u32 port;
};

struct st_slot_uid {
	__u32 slot;
	__u32 uid;
};

struct st_slot_cgroup {
	__u64 id;
	__u32 slot;
	__u32 _pad;
};

/* What the programs cost, per CPU. */
struct st_cost {
	__u64 packets;
	__u64 timed;
	__u64 timed_ns;
};

/*
 * Mapped by the keeper. clsact programs, which outlive it, are inert 2 s after the last beat; 0
 * says that they are held by links and need none.
 */
struct st_heartbeat {
	__u64 time_ns; /* CLOCK_MONOTONIC */
};

/* Tags of the payload processes' own connections, mapped by them: see own.bpf.h. */
struct st_own_bucket {
	__u64 tags[ST_OWN_WAYS];
};

struct st_port_set {
	__u64 bits[1024];
};

struct st_endpoint {
	__u8 addr[16];
	__u16 port;
	__u16 _pad[3];
};

struct st_count {
	__u64 records;
	__u64 bytes;
};

enum st_flow_state {
	ST_FLOW_SHED = 0x01,	/* refused: re-admitted at a request start when the ring has room */
	ST_FLOW_LOST = 0x02,	/* the next record must say lost_before */
	ST_FLOW_SKIPPED = 0x04, /* the next record must say skipped_before */
	ST_FLOW_BOUNDARY = 0x08,     /* `boundary` is known */
	ST_FLOW_TARGET = 0x10,	     /* the server is a shadow target */
	ST_FLOW_OUT_OF_SCOPE = 0x20, /* no socket of this namespace at its end */
	ST_FLOW_TOLD = 0x40,	     /* user space knows of it */
	ST_FLOW_LEAVING_OUT = 0x80,  /* whole requests: the next one begins at `next_start` */
	ST_FLOW_ANSWER_DUE = 0x100,  /* to a request that was let through */
	ST_FLOW_OWNED = 0x200,	     /* `uid` is its owner for certain */
};

/* What is remembered of a flow: facts, never the answer for one request. */
struct st_flow {
	__u64 rules;  /* of `generation`: those whose `from` fits */
	__u64 wanted; /* those of them that the flow's own sample does not leave out */
	__u32 generation;
	__u32 state;
	__u32 uid;
	__u32 skipped_bytes;
	__u32 lost_starts;
	__u32 boundary;		/* ack of the last final response's start */
	__u32 left_out_from;	/* while leaving out: from here … */
	__u32 next_start;	/* … to here */
	__u32 requests_seen_at; /* interface and hook that saw this direction first, 0 for none */
	__u32 responses_seen_at;
};

/* Fixed before the programs are loaded. User space refuses an object whose `abi` is not its own. */
struct st_config {
	__u64 netns_cookie;
	__u32 abi;
	__u32 scope;
	__u64 heartbeat_limit_ns; /* 0: never inert */
	__u32 ring_count;
	__u32 ring_bytes;	/* of one ring */
	__u32 has_netns_cookie; /* the kernel gives it to the cgroup programs */
	__u32 side;
};

#endif /* SHADOWTAP_H */
