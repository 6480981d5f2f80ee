/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* From a parsed packet to a record in a ring: the same for every hook. Never changes a packet nor
 * decides its fate. */
#ifndef ST_TAP_H
#define ST_TAP_H

#include "maps/counters.bpf.h"
#include "maps/flows.bpf.h"
#include "maps/heartbeat.bpf.h"
#include "maps/own.bpf.h"
#include "maps/ports.bpf.h"
#include "maps/rings.bpf.h"
#include "maps/targets.bpf.h"
#include "parse.bpf.h"
#include "emit.bpf.h"

static __always_inline __u64 st_flow_hash(const struct st_tuple *tuple)
{
	const __u64 *word = (const __u64 *)tuple;
	__u64 hash = 0x9e3779b97f4a7c15ULL;

#pragma unroll
	for (int i = 0; i < sizeof(*tuple) / sizeof(*word); i++) {
		hash = (hash ^ word[i]) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	return hash;
}

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
 * Admission: whole requests, never single packets. From three quarters full, new flows are refused;
 * from seven eighths, known flows at their next request; both come back at a request start once the
 * ring is half empty.
 */
static __always_inline bool st_admit(struct st_flow *flow, void *ring, __u32 ring_index,
				     bool is_new, bool is_start)
{
	__u64 used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	__u64 room = st_admit_bytes(ring_index);

	if (flow->state & ST_FLOW_SHED) {
		if (!is_start || used > room / 2)
			return false;
		flow->state = (flow->state & ~ST_FLOW_SHED) | ST_FLOW_SKIPPED;
		return true;
	}
	if ((is_new && used > room / 4 * 3) || (is_start && used > room / 8 * 7)) {
		flow->state |= ST_FLOW_SHED;
		return false;
	}
	return true;
}

/* Moves what the next record must say of the past from the flow to the record. */
static __always_inline void st_tell_past(struct st_flow *flow, struct st_segment *head)
{
	if (flow->state & ST_FLOW_LOST)
		head->flags |= ST_LOST_BEFORE;
	if (flow->state & ST_FLOW_SKIPPED)
		head->flags |= ST_SKIPPED_BEFORE;
	head->skipped_bytes = flow->skipped_bytes;
	head->lost_starts = flow->lost_starts;
}

static __always_inline void st_forget_past(struct st_flow *flow)
{
	flow->state &= ~(ST_FLOW_LOST | ST_FLOW_SKIPPED);
	flow->skipped_bytes = 0;
	flow->lost_starts = 0;
}

/* Finds what is known of the flow; a client's SYN begins a new generation. */
static __always_inline struct st_flow *st_flow_of(struct __sk_buff *skb,
						  const struct st_tuple *tuple,
						  const struct st_packet *packet, bool *is_new)
{
	bool opens = (packet->tcp_flags & (ST_TCP_SYN | ST_TCP_ACK)) == ST_TCP_SYN;
	struct st_flow *flow = NULL;
	__u32 state = 0;

	if (!opens)
		flow = bpf_map_lookup_elem(&st_flows, tuple);
	if (flow)
		return flow;
	*is_new = true;
	if (st_is_target(tuple))
		state = ST_FLOW_TARGET;
	else if (!st_in_scope(skb, tuple))
		state = ST_FLOW_OUT_OF_SCOPE;
	return st_flow_new(tuple, state);
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

/* After an interim answer (1xx) the client goes on with its body: that is no boundary. */
static __always_inline void st_note_boundary(struct __sk_buff *skb, const struct st_packet *packet,
					     struct st_flow *flow)
{
	__u8 status_class = 0; /* HTTP/1.1 200: the first digit */

	bpf_skb_load_bytes(skb, packet->payload_at + 9, &status_class, 1);
	if (status_class >= '2' && status_class <= '5') {
		flow->boundary = packet->ack;
		flow->state |= ST_FLOW_BOUNDARY;
	} else {
		flow->state &= ~ST_FLOW_BOUNDARY;
	}
}

static __always_inline void st_tap_flow(struct __sk_buff *skb, const struct st_packet *packet,
					struct st_segment *head, __u32 seen_at)
{
	__u32 ring_index, bytes = packet->payload_bytes;
	bool is_new = false, is_start = false;
	__u64 first = 0;
	struct st_flow *flow;
	void *ring;

	flow = st_flow_of(skb, &head->tuple, packet, &is_new);
	if (!flow) {
		st_count(ST_C_FLOWS_FULL, bytes);
		return;
	}
	if (flow->state & (ST_FLOW_TARGET | ST_FLOW_OUT_OF_SCOPE)) {
		st_count(flow->state & ST_FLOW_TARGET ? ST_C_TARGET : ST_C_OUT_OF_SCOPE, bytes);
		return;
	}
	if (seen_at && st_is_second_sight(flow, head->direction, seen_at)) {
		st_count(ST_C_DUPLICATE, bytes);
		return;
	}
	if (bytes >= sizeof(first) &&
	    bpf_skb_load_bytes(skb, packet->payload_at, &first, sizeof(first))) {
		st_count(ST_C_UNREADABLE, bytes);
		return;
	}

	first = bpf_be64_to_cpu(first);
	head->flow_hash = st_flow_hash(&head->tuple);
	ring_index = (__u32)head->flow_hash % config.ring_count;
	ring = bpf_map_lookup_elem(&st_rings, &ring_index);
	if (!ring)
		return;

	if (head->direction == ST_TO_CLIENT) {
		if (st_begins_response(first)) {
			st_note_boundary(skb, packet, flow);
		} else if (!(packet->tcp_flags & (ST_TCP_SYN | ST_TCP_FIN | ST_TCP_RST))) {
			st_count(ST_C_RESPONSE_BODY, bytes);
			return;
		}
		if (flow->state & ST_FLOW_SHED &&
		    !(packet->tcp_flags & (ST_TCP_FIN | ST_TCP_RST))) {
			st_count(ST_C_SHED, bytes);
			return;
		}
		if (bytes > ST_RESPONSE_CUT) {
			bytes = ST_RESPONSE_CUT;
			head->flags |= ST_CUT;
		}
	} else if (bytes) {
		is_start = st_begins_request(first);
		if (st_is_own(&head->tuple)) {
			st_count(ST_C_OWN, bytes);
			if (is_start)
				st_count(ST_C_START_OWN, bytes);
			return;
		}
		if (!st_admit(flow, ring, ring_index, is_new, is_start)) {
			flow->skipped_bytes += bytes;
			st_count(ST_C_SHED, bytes);
			if (is_start)
				st_count(ST_C_START_SHED, bytes);
			return;
		}
		if (flow->state & ST_FLOW_BOUNDARY && flow->boundary == packet->seq)
			head->flags |= ST_AT_BOUNDARY;
	}

	head->time_ns = bpf_ktime_get_ns();
	head->seq = packet->seq;
	head->ack = packet->ack;
	head->payload_bytes = packet->payload_bytes;
	head->tcp_flags = packet->tcp_flags;
	st_tell_past(flow, head);
	switch (st_emit(skb, ring, ring_index, head, packet->payload_at, bytes)) {
	case 0:
		st_count(ST_C_EMITTED, packet->payload_bytes);
		st_forget_past(flow);
		return;
	case -1:
		st_count(ST_C_RING_FULL, bytes);
		break;
	case -2:
		st_count(ST_C_UNREADABLE, bytes);
		break;
	default:
		st_count(ST_C_TOO_LARGE, bytes);
	}
	/* Of a large segment some chunks may have gone out; the hole is announced all the same. */
	flow->state |= ST_FLOW_LOST;
	if (is_start && head->offset == 0) {
		flow->lost_starts++;
		st_count(ST_C_START_RING_FULL, bytes);
	}
}

/* Which directions a hook may take: what is captured is the server's side. */
#define ST_REQUESTS  0x1
#define ST_RESPONSES 0x2

static __always_inline bool st_orient(const struct st_packet *packet, __u32 directions,
				      struct st_segment *head)
{
	struct st_tuple *tuple = &head->tuple;

	if (directions & ST_REQUESTS && st_port_captured(packet->destination_port)) {
		head->direction = ST_TO_SERVER;
		__builtin_memcpy(tuple->client_addr, packet->source, 16);
		__builtin_memcpy(tuple->server_addr, packet->destination, 16);
		tuple->client_port = packet->source_port;
		tuple->server_port = packet->destination_port;
		return true;
	}
	if (directions & ST_RESPONSES && st_port_captured(packet->source_port)) {
		head->direction = ST_TO_CLIENT;
		__builtin_memcpy(tuple->server_addr, packet->source, 16);
		__builtin_memcpy(tuple->client_addr, packet->destination, 16);
		tuple->server_port = packet->source_port;
		tuple->client_port = packet->destination_port;
		return true;
	}
	return false;
}

/* One packet at one hook. `seen_at` is 0 where a packet cannot be met twice. */
static __always_inline void st_tap(struct __sk_buff *skb, __u32 network_at, __u32 seen_at,
				   __u32 directions)
{
	struct st_segment head = {};
	struct st_packet packet = {};

	switch (st_parse(skb, network_at, &packet)) {
	case ST_PARSED:
		break;
	case ST_IS_FRAGMENT:
		st_count(ST_C_FRAGMENT, skb->len);
		return;
	default:
		return;
	}
	if (!packet.payload_bytes && !(packet.tcp_flags & (ST_TCP_SYN | ST_TCP_FIN | ST_TCP_RST)))
		return;
	if (!st_orient(&packet, directions, &head) || st_keeper_is_dead())
		return;
	head.tuple.scope = st_scope_of(skb);
	st_tap_flow(skb, &packet, &head, seen_at);
}

#endif /* ST_TAP_H */
