/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What is known of a flow, and what a packet adds to it: admission, boundaries, where it is seen.
 */
#ifndef ST_FLOW_H
#define ST_FLOW_H

#include "maps/flows.bpf.h"
#include "maps/rings.bpf.h"
#include "maps/targets.bpf.h"
#include "parse.bpf.h"
#include "choose.bpf.h"

/* The first bytes of a payload as a number that reads like the text: "GET /a b" begins 0x47455420.
 */
static __always_inline bool st_starts(__u64 first, __u64 text, __u32 length)
{
	return first >> (64 - 8 * length) == text;
}

/* A client segment that begins with a method: what admission control may refuse as a whole request.
 */
static __always_inline bool st_begins_request(__u64 first)
{
	return st_starts(first, 0x47455420, 4) ||	/* GET */
	       st_starts(first, 0x504f535420, 5) ||	/* POST */
	       st_starts(first, 0x48454144, 4) ||	/* HEAD */
	       st_starts(first, 0x50555420, 4) ||	/* PUT */
	       st_starts(first, 0x504154434820, 6) ||	/* PATCH */
	       st_starts(first, 0x44454c45544520, 7) || /* DELETE */
	       st_starts(first, 0x4f5054494f4e5320, 8); /* OPTIONS */
}

static __always_inline bool st_begins_response(__u64 first)
{
	return st_starts(first, 0x485454502f312e, 7); /* HTTP/1. */
}

/*
 * Admission: whole requests, never single packets. From three quarters full, flows that user space
 * does not know are refused; from seven eighths, known ones at their next request; both come back
 * at a request start once the ring is half empty.
 */
static __always_inline bool st_admit(struct st_flow *flow, void *ring, __u32 ring_index,
				     bool is_start)
{
	__u64 used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	__u64 room = st_admit_bytes(ring_index);
	bool is_new = !(flow->state & ST_FLOW_TOLD);

	if (flow->state & ST_FLOW_SHED) {
		if (!is_start || used > room / 2)
			return false;
		flow->state = (flow->state & ~ST_FLOW_SHED) | ST_FLOW_SKIPPED;
		return true;
	}
	return !((is_new && used > room / 4 * 3) || (is_start && used > room / 8 * 7));
}

/* Leaves out bytes of which it is not known where the last request in them ends. */
static __always_inline void st_skip(struct st_flow *flow, __u32 bytes)
{
	flow->skipped_bytes += bytes;
	flow->state = (flow->state | ST_FLOW_SKIPPED) & ~ST_FLOW_LEAVING_OUT;
}

/* Finds what is known of the flow; a client's SYN begins a new generation. A function of its own,
 * so that what it needs is off the stack when heads are scanned: 512 bytes for both. */
static __noinline struct st_flow *st_flow_of(struct __sk_buff *skb, const struct st_tuple *tuple,
					     const struct st_packet *packet)
{
	bool opens = (packet->tcp_flags & (ST_TCP_SYN | ST_TCP_ACK)) == ST_TCP_SYN;
	struct st_flow fresh = {}, *flow = NULL;

	if (!opens)
		flow = bpf_map_lookup_elem(&st_flows, tuple);
	if (flow)
		return flow;
	if (opens) {
		/* Its first request begins behind the SYN; nothing before that is missing. */
		fresh.state = ST_FLOW_LEAVING_OUT | ST_FLOW_BOUNDARY;
		fresh.left_out_from = fresh.next_start = fresh.boundary = packet->seq + 1;
	}
	if (st_is_target(tuple))
		fresh.state = ST_FLOW_TARGET;
	else if (!st_in_scope(skb, tuple))
		fresh.state = ST_FLOW_OUT_OF_SCOPE;
	return st_flow_add(tuple, &fresh);
}

/*
 * A flow is taken where each direction was first seen. No array indexed by the direction: where
 * CAP_PERFMON is missing, the verifier refuses an offset that differs between paths.
 */
static __always_inline bool st_is_second_sight(struct st_flow *flow, __u8 direction, __u32 seen_at)
{
	if (direction == ST_TO_SERVER) {
		if (!flow->requests_seen_at)
			flow->requests_seen_at = seen_at;
		return flow->requests_seen_at != seen_at;
	}
	if (!flow->responses_seen_at)
		flow->responses_seen_at = seen_at;
	return flow->responses_seen_at != seen_at;
}

/* After an interim answer (1xx) the client goes on with its body: that is no boundary. Returns
 * whether the answer is final. */
static __always_inline bool st_note_boundary(struct __sk_buff *skb, const struct st_packet *packet,
					     struct st_flow *flow)
{
	__u8 status_class = 0; /* HTTP/1.1 200: the first digit */

	bpf_skb_load_bytes(skb, packet->payload_at + 9, &status_class, 1);
	if (status_class >= '2' && status_class <= '5') {
		flow->boundary = packet->ack;
		flow->state |= ST_FLOW_BOUNDARY;
		return true;
	}
	flow->state &= ~ST_FLOW_BOUNDARY;
	return false;
}

#endif /* ST_FLOW_H */
