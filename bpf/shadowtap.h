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
	ST_ABI = 1,	   /* raised when a field changes its meaning but not its place */
	ST_MAX_RINGS = 64, /* one per payload process */
	ST_MAX_FLOWS = 65536,
	ST_OWN_BUCKETS = 2048, /* power of two */
	ST_OWN_WAYS = 8,
	ST_MAX_TARGETS = 256,
	ST_MAX_CHUNK = 32768,  /* ring bytes of the largest record, header included */
	ST_MAX_CHUNKS = 9,     /* 9 * (32768 - 96) covers 256 KiB of BIG TCP */
	ST_RESPONSE_CUT = 160, /* bytes kept of a segment that begins a response */
};

enum st_direction {
	ST_TO_SERVER = 0,
	ST_TO_CLIENT = 1,
};

enum st_segment_flag {
	ST_AT_BOUNDARY =
		0x01, /* begins where the server had read to when it last began a final response */
	ST_LOST_BEFORE = 0x02,	  /* bytes before this were lost to a full ring and counted */
	ST_SKIPPED_BEFORE = 0x04, /* bytes before this were skipped by choice: skipped_bytes */
	ST_CUT = 0x08,		  /* the payload goes on beyond what was copied */
};

/* Which packets of the hook's interfaces are in scope. */
enum st_scope {
	ST_SCOPE_ANY = 0,   /* whatever the hook sees: a cgroup, an interface, everything */
	ST_SCOPE_NETNS = 1, /* cgroup hook: sockets of one network namespace, by its cookie */
	ST_SCOPE_LOCAL = 2, /* tc hook: connections that end in a socket of this namespace */
};

/*
 * What happened to a TCP segment of a captured port that carries payload, SYN, FIN or RST: each is
 * counted once under one of the reasons above ST_C_START_OWN. The index into the counters map.
 */
enum st_counter {
	ST_C_EMITTED,	    /* copied to a ring */
	ST_C_RESPONSE_BODY, /* server to client, not the start of a response: not copied */
	ST_C_OUT_OF_SCOPE,  /* another namespace's, or forwarded */
	ST_C_DUPLICATE,	    /* tc: the same flow seen at a second interface */
	ST_C_TARGET,	    /* to or from a shadow target */
	ST_C_OWN,	    /* shadowtap's own connections */
	ST_C_SHED,	    /* refused by admission control */
	ST_C_RING_FULL,	    /* no room in the ring */
	ST_C_TOO_LARGE,	    /* part of a segment beyond ST_MAX_CHUNKS */
	ST_C_FRAGMENT,	    /* tc: an IP fragment, which has no ports */
	ST_C_UNREADABLE,    /* header or payload could not be read from the packet */
	ST_C_FLOWS_FULL,    /* the flow table took no new entry */
	ST_C_START_OWN,	    /* the last three count client segments that begin with a method, too */
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
};

/* Per ring, mapped by its payload process; a cache line each. */
struct st_ring_control {
	__u32 armed;	   /* the consumer sleeps: the next record must wake it */
	__u32 admit_bytes; /* admission as if the ring were this small; 0: its real size */
	__u32 _pad[14];
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
	ST_FLOW_OUT_OF_SCOPE = 0x20, /* tc: no socket of this namespace at its end */
};

/* What is remembered of a flow: facts, never the answer for one request. */
struct st_flow {
	__u32 skipped_bytes;
	__u32 lost_starts;
	__u32 boundary;		/* ack of the last final response's start */
	__u32 requests_seen_at; /* interface and hook that saw this direction first, 0 for none */
	__u32 responses_seen_at;
	__u32 state;
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
	__u32 _pad;
};

#endif /* SHADOWTAP_H */
