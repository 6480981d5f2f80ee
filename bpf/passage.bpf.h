/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* One segment of a flow that some rule looks at: whether it is copied, and what its record says. */
#ifndef ST_PASSAGE_H
#define ST_PASSAGE_H

#include "maps/counters.bpf.h"
#include "maps/own.bpf.h"
#include "maps/rings.bpf.h"
#include "emit.bpf.h"
#include "flow.bpf.h"
#include "choose.bpf.h"

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
	if (passage->is_start && is_known_start && flow->state & ST_FLOW_SHED && st_throttled()) {
		st_skip(flow, passage->bytes);
		st_count_start(ST_C_THROTTLED, ST_C_START_THROTTLED, passage->bytes, true);
		return false;
	}
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
	int result;

	head->time_ns = bpf_ktime_get_ns();
	head->seq = packet->seq;
	head->ack = packet->ack;
	head->payload_bytes = packet->payload_bytes;
	head->tcp_flags = packet->tcp_flags;
	head->rules = passage->flow->rules;
	head->generation = passage->flow->generation;
	st_tell_past(passage);
	result = st_emit(skb, passage->ring, head, packet->payload_at, passage->bytes);
	/* Of a large segment that did not fit some chunks may be in the ring. */
	st_wake_consumer(passage->ring, passage->ring_index);
	switch (result) {
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

#endif /* ST_PASSAGE_H */
