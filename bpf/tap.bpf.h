/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* From a parsed packet to a record in a ring: the same for every hook. Never changes a packet nor
 * decides its fate. */
#ifndef ST_TAP_H
#define ST_TAP_H

#include "maps/cost.bpf.h"
#include "maps/counters.bpf.h"
#include "maps/heartbeat.bpf.h"
#include "maps/ports.bpf.h"
#include "maps/rings.bpf.h"
#include "parse.bpf.h"
#include "flow_hash.bpf.h"
#include "passage.bpf.h"

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
