/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* From a parsed packet to a record in a ring: the same for every hook. Never changes a packet nor
 * decides its fate. */
#ifndef ST_TAP_H
#define ST_TAP_H

#include "maps/cost.bpf.h"
#include "maps/counters.bpf.h"
#include "maps/flows.bpf.h"
#include "maps/heartbeat.bpf.h"
#include "maps/own.bpf.h"
#include "maps/ports.bpf.h"
#include "maps/rings.bpf.h"
#include "maps/targets.bpf.h"
#include "parse.bpf.h"
#include "emit.bpf.h"
#include "flow_hash.bpf.h"
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

/* One segment on its way: what the steps below hand to each other. */
struct st_passage {
	struct st_flow *flow;
	const struct st_rule_set *set;
	struct st_packet *packet;
	struct st_segment *head;
	void *ring;
	__u32 ring_index;
	__u32 first_seq; /* of the payload */
	__u32 bytes;	 /* of payload to copy */
	bool is_start;
};

static __always_inline bool st_load_first(struct __sk_buff *skb, const struct st_packet *packet,
					  __u64 *first)
{
	*first = 0;
	if (packet->payload_bytes < sizeof(*first))
		return true;
	if (bpf_skb_load_bytes(skb, packet->payload_at, first, sizeof(*first)))
		return false;
	*first = bpf_be64_to_cpu(*first);
	return true;
}

static __always_inline void st_count_start(__u32 reason, __u32 start_reason, __u32 bytes,
					   bool is_start)
{
	st_count(reason, bytes);
	if (is_start)
		st_count(start_reason, bytes);
}

/* Drops from the passage what belongs to a request that was left out; false when nothing is left.
 */
static __always_inline bool st_trim(struct __sk_buff *skb, struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;
	struct st_packet *packet = passage->packet;
	__u32 ahead = flow->next_start - passage->first_seq;
	__u64 first;

	if ((__s32)ahead <= 0)
		return true;
	if (ahead >= passage->bytes)
		return false;
	st_count(ST_C_NOT_SELECTED, 0);
	packet->payload_at = st_forget(skb, packet->payload_at + ahead);
	packet->seq += ahead;
	packet->payload_bytes -= ahead;
	passage->first_seq += ahead;
	passage->bytes -= ahead;
	passage->is_start = st_load_first(skb, packet, &first) && st_begins_request(first);
	return true;
}

/* Whether the request that begins here is let through. */
static __always_inline bool st_choose_request(struct __sk_buff *skb, struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;
	__u32 request_bytes = 0, bytes = passage->bytes;

	switch (st_choose(skb, flow, passage->set, passage->packet->payload_at, bytes,
			  passage->head, &request_bytes)) {
	case ST_LEAVE_OUT:
		st_count(ST_C_START_NOT_SELECTED, bytes);
		break;
	case ST_LEAVE_OUT_SAMPLE:
		st_count(ST_C_START_SAMPLED_OUT, bytes);
		break;
	case ST_LEAVE_OUT_THROTTLE:
		st_count(ST_C_START_THROTTLED, bytes);
		break;
	case ST_REFUSE:
		flow->state |= ST_FLOW_SHED;
		st_skip(flow, bytes);
		st_count_start(ST_C_THROTTLED, ST_C_START_THROTTLED, bytes, true);
		return false;
	default:
		return true;
	}
	if (!(flow->state & ST_FLOW_LEAVING_OUT))
		flow->left_out_from = passage->first_seq;
	flow->state |= ST_FLOW_LEAVING_OUT;
	flow->next_start = passage->first_seq + request_bytes;
	return false;
}

/* A client's segment: whether it is copied, and what its record says of what is missing before it.
 */
static __always_inline bool st_take_request(struct __sk_buff *skb, struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;
	struct st_segment *head = passage->head;
	bool is_known_start;

	if (st_is_own(&head->tuple)) {
		st_count_start(ST_C_OWN, ST_C_START_OWN, passage->bytes, passage->is_start);
		return false;
	}
	if (flow->state & ST_FLOW_LEAVING_OUT && !st_trim(skb, passage)) {
		st_count(ST_C_NOT_SELECTED, passage->bytes);
		return false;
	}
	if (flow->state & ST_FLOW_BOUNDARY && flow->boundary == passage->first_seq)
		head->flags |= ST_AT_BOUNDARY;
	is_known_start = flow->state & ST_FLOW_LEAVING_OUT ? flow->next_start == passage->first_seq
							   : (head->flags & ST_AT_BOUNDARY) != 0;
	if (passage->is_start && is_known_start && !(flow->state & ST_FLOW_SHED) &&
	    !st_choose_request(skb, passage)) {
		/* Of what follows it in this segment nothing is known yet. */
		if (flow->state & ST_FLOW_SHED)
			return false;
		if (!st_trim(skb, passage)) {
			st_count(ST_C_NOT_SELECTED, passage->bytes);
			return false;
		}
		head->flags &= ~(ST_AT_BOUNDARY | ST_SAMPLED);
	}
	if (!st_admit(flow, passage->ring, passage->ring_index, passage->is_start)) {
		flow->state |= ST_FLOW_SHED;
		st_skip(flow, passage->bytes);
		st_count_start(ST_C_SHED, ST_C_START_SHED, passage->bytes, passage->is_start);
		return false;
	}
	if (flow->rules & ~passage->set->any_uid && !(flow->state & ST_FLOW_OWNED))
		head->flags |= ST_OWNER_PENDING;
	return true;
}

/* A server's segment: of answers only the beginning is copied, and only of those to requests that
 * were let through. */
static __always_inline bool st_take_response(struct __sk_buff *skb, struct st_passage *passage,
					     bool begins_response)
{
	struct st_packet *packet = passage->packet;
	struct st_flow *flow = passage->flow;
	bool ends = packet->tcp_flags & (ST_TCP_FIN | ST_TCP_RST);
	bool is_final = false;

	if (begins_response) {
		is_final = st_note_boundary(skb, packet, flow);
		st_note_owner(skb, flow, passage->set);
	} else if (!ends) {
		st_count(ST_C_RESPONSE_BODY, passage->bytes);
		return false;
	}
	if (!(flow->state & ST_FLOW_TOLD)) {
		st_count(ST_C_NOT_SELECTED, passage->bytes);
		return false;
	}
	if (flow->state & ST_FLOW_SHED && !ends) {
		st_count(ST_C_SHED, passage->bytes);
		return false;
	}
	/* What no rule wanted: on a connection of the wrong owner, all answers but the first. */
	if ((flow->state & ST_FLOW_LEAVING_OUT || !flow->wanted) &&
	    !(flow->state & ST_FLOW_ANSWER_DUE)) {
		passage->bytes = 0;
		if (!ends) {
			st_count(ST_C_NOT_SELECTED, packet->payload_bytes);
			return false;
		}
	}
	/* What was left out is not missing. */
	if (flow->state & ST_FLOW_LEAVING_OUT && (__s32)(packet->ack - flow->left_out_from) > 0)
		packet->ack = flow->left_out_from;
	if (is_final)
		flow->state &= ~ST_FLOW_ANSWER_DUE;
	if (passage->bytes > ST_RESPONSE_CUT) {
		passage->bytes = ST_RESPONSE_CUT;
		passage->head->flags |= ST_CUT;
	}
	return true;
}

/* Moves what the record must say of the past from the flow to the record. */
static __always_inline void st_tell_past(const struct st_passage *passage)
{
	const struct st_flow *flow = passage->flow;
	struct st_segment *head = passage->head;

	head->skipped_bytes = flow->skipped_bytes;
	head->lost_starts = flow->lost_starts;
	if (flow->state & ST_FLOW_LOST)
		head->flags |= ST_LOST_BEFORE;
	if (flow->state & ST_FLOW_SKIPPED)
		head->flags |= ST_SKIPPED_BEFORE;
	else if (head->direction == ST_TO_SERVER && flow->state & ST_FLOW_LEAVING_OUT) {
		head->flags |= flow->state & ST_FLOW_TOLD ? ST_SELECTED_BEFORE : ST_FROM_START;
		head->skipped_bytes = passage->first_seq - flow->next_start;
	}
}

/* The record is in the ring: the past has been told, and this segment is now part of it. */
static __always_inline void st_told(struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;

	flow->state = (flow->state | ST_FLOW_TOLD) & ~(ST_FLOW_LOST | ST_FLOW_SKIPPED);
	flow->skipped_bytes = 0;
	flow->lost_starts = 0;
	if (passage->head->direction == ST_TO_SERVER)
		flow->state = (flow->state | ST_FLOW_ANSWER_DUE) & ~ST_FLOW_LEAVING_OUT;
}

static __always_inline void st_lose(struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;

	/* Of a large segment some chunks may have gone out; the hole is announced all the same. */
	flow->state = (flow->state | ST_FLOW_LOST) & ~ST_FLOW_LEAVING_OUT;
	if (passage->is_start && passage->head->offset == 0) {
		flow->lost_starts++;
		st_count(ST_C_START_RING_FULL, passage->bytes);
	}
}

/* A function of its own, as st_choose_request(): with a frame of its own, the compiler does not put
 * numbers where it had a pointer before, which the verifier refuses without CAP_PERFMON. */
static __noinline int st_emit_passage(struct __sk_buff *skb, struct st_passage *passage)
{
	const struct st_packet *packet = passage->packet;
	struct st_segment *head = passage->head;

	head->time_ns = bpf_ktime_get_ns();
	head->seq = packet->seq;
	head->ack = packet->ack;
	head->payload_bytes = packet->payload_bytes;
	head->tcp_flags = packet->tcp_flags;
	head->rules = passage->flow->rules;
	head->generation = passage->flow->generation;
	st_tell_past(passage);
	switch (st_emit(skb, passage->ring, passage->ring_index, head, packet->payload_at,
			passage->bytes)) {
	case 0:
		st_count(ST_C_EMITTED, packet->payload_bytes);
		st_told(passage);
		return 0;
	case -1:
		st_count(ST_C_RING_FULL, passage->bytes);
		break;
	case -2:
		st_count(ST_C_UNREADABLE, passage->bytes);
		break;
	default:
		st_count(ST_C_TOO_LARGE, passage->bytes);
	}
	st_lose(passage);
	return 0;
}

/* A flow that no rule looks at, or that a sample leaves out as a whole; true when that is all. */
static __always_inline bool st_is_unwanted(struct st_passage *passage)
{
	struct st_flow *flow = passage->flow;
	bool is_request = passage->head->direction == ST_TO_SERVER && passage->bytes;

	if (flow->wanted)
		return false;
	/* What user space knows of, it must hear the end of; and the answer that says whose it is.
	 */
	if (flow->state & ST_FLOW_TOLD && !is_request)
		return false;
	if (is_request)
		st_skip(flow, passage->bytes);
	if (flow->rules)
		st_count_start(ST_C_SAMPLED_OUT, ST_C_START_OTHER_SAMPLED, passage->bytes,
			       is_request && passage->is_start);
	else
		st_count_start(ST_C_NOT_SELECTED, ST_C_START_OTHER, passage->bytes,
			       is_request && passage->is_start);
	return true;
}

static __always_inline void st_tap_flow(struct __sk_buff *skb, struct st_packet *packet,
					struct st_segment *head, __u32 seen_at, __u32 generation)
{
	struct st_passage passage = {.packet = packet, .head = head};
	__u32 slot = generation % ST_SLOTS, bytes = packet->payload_bytes;
	bool is_taken, begins_response;
	struct st_flow *flow;
	__u64 first;

	flow = st_flow_of(skb, &head->tuple, packet);
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
	if (packet->tcp_flags & ST_TCP_SYN && !bytes) {
		st_count(ST_C_HANDSHAKE, 0);
		return;
	}
	passage.set = st_rule_set_of(slot);
	if (!passage.set)
		return;
	if (flow->generation != generation) {
		bool is_joined = !flow->generation && !(flow->state & ST_FLOW_LEAVING_OUT);

		st_apply_rules(skb, &head->tuple, flow, passage.set, generation);
		/* A flow that was open before us is told of from its first segment, so that the
		 * answers to what we missed are counted. */
		if (is_joined && flow->wanted)
			flow->state |= ST_FLOW_TOLD;
	}
	if (!st_load_first(skb, packet, &first)) {
		st_count(ST_C_UNREADABLE, bytes);
		return;
	}
	passage.flow = flow;
	passage.bytes = bytes;
	passage.first_seq = packet->seq + (packet->tcp_flags & ST_TCP_SYN ? 1 : 0);
	passage.is_start = head->direction == ST_TO_SERVER && st_begins_request(first);
	begins_response = head->direction == ST_TO_CLIENT && st_begins_response(first);
	if (config.side == ST_CLIENT_SIDE && head->direction == ST_TO_SERVER)
		st_note_owner(skb, flow, passage.set);
	if (st_is_unwanted(&passage))
		return;

	head->flow_hash = st_flow_hash(&head->tuple);
	passage.ring_index = (__u32)head->flow_hash % config.ring_count;
	passage.ring = bpf_map_lookup_elem(&st_rings, &passage.ring_index);
	if (!passage.ring)
		return;
	if (head->direction == ST_TO_CLIENT)
		is_taken = st_take_response(skb, &passage, begins_response);
	else
		is_taken =
			bytes ? st_take_request(skb, &passage) : (flow->state & ST_FLOW_TOLD) != 0;
	if (is_taken)
		st_emit_passage(skb, &passage);
}

/* Which directions a hook may take: what is captured is the server's side. */
#define ST_REQUESTS  0x1
#define ST_RESPONSES 0x2

static __always_inline bool st_orient(const struct st_packet *packet, __u32 directions,
				      __u32 generation, struct st_segment *head)
{
	struct st_tuple *tuple = &head->tuple;

	if (directions & ST_REQUESTS && st_port_captured(generation, packet->destination_port)) {
		head->direction = ST_TO_SERVER;
		__builtin_memcpy(tuple->client_addr, packet->source, 16);
		__builtin_memcpy(tuple->server_addr, packet->destination, 16);
		tuple->client_port = packet->source_port;
		tuple->server_port = packet->destination_port;
		return true;
	}
	if (directions & ST_RESPONSES && st_port_captured(generation, packet->source_port)) {
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
static __always_inline void st_tap_packet(struct __sk_buff *skb, __u32 network_at, __u32 seen_at,
					  __u32 directions, __u32 generation)
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
	if (!st_orient(&packet, directions, generation, &head) || st_keeper_is_dead())
		return;
	head.tuple.scope = st_scope_of(skb);
	st_tap_flow(skb, &packet, &head, seen_at, generation);
}

static __always_inline void st_tap(struct __sk_buff *skb, __u32 network_at, __u32 seen_at,
				   __u32 directions, __u32 generation)
{
	__u64 began_ns = st_cost_begin();

	st_tap_packet(skb, network_at, seen_at, directions, generation);
	st_cost_end(began_ns);
}

#endif /* ST_TAP_H */
