/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Which rules a flow fits, and whether one of them can want a request. What is decided here of a
 * rule's `from` is exact; of the request only that no rule can want it, or that the sample leaves
 * it out. Everything that is not certain is let through.
 */
#ifndef ST_CHOOSE_H
#define ST_CHOOSE_H

#include "maps/cgroups.bpf.h"
#include "maps/control.bpf.h"
#include "maps/port_rules.bpf.h"
#include "maps/prefixes.bpf.h"
#include "maps/rule_sets.bpf.h"
#include "maps/scan_tables.bpf.h"
#include "maps/uids.bpf.h"
#ifndef ST_WITHOUT_SCAN
#include "scan.bpf.h"
#endif

/* As hashAddress() of src/model/sample.ts: the same client is in or out on every node. */
static __always_inline __u32 st_client_sample(const struct st_tuple *tuple)
{
	const __u32 *word = (const __u32 *)tuple->client_addr;
	__u32 hash = 0x9e3779b9;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		hash = (hash ^ word[i]) * 0x85ebca6b;
		hash ^= hash >> 15;
	}
	hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
	return hash ^ (hash >> 16);
}

#define ST_DRAWN_AT_ONCE 8

/* Those of `rules` that a sample leaves in. Few branches, and not static, so that the verifier
 * checks it once and for all. */
__noinline __u64 st_sampled_in(__u32 slot, __u64 rules, __u64 sample)
{
	const struct st_rule_set *set = st_rule_set_of(slot);
	__u64 in = 0;

	if (!set)
		return rules;
#pragma clang loop unroll(full)
	for (__u32 i = 0; i < ST_MAX_RULES; i++) {
		if (i % ST_DRAWN_AT_ONCE == 0 && !(rules >> i))
			break;
		/* The borrow: 1 when the sample is below. */
		in |= ((sample - set->thresholds[i]) >> 63) << i;
	}
	return in & rules;
}

/* Those of `rules` that `by` has none of, and of the others those that the sample leaves in. */
static __always_inline __u64 st_draw(__u32 slot, __u64 rules, __u64 by, __u32 sample)
{
	if (!(rules & by))
		return rules;
	return (rules & ~by) | st_sampled_in(slot, rules & by, sample);
}

static __always_inline __u64 st_rules_of_owner(const struct st_rule_set *set, __u32 slot, __u32 uid)
{
	return set->any_uid | st_rules_of_uid(slot, uid);
}

/* What the rules of the generation in force say of the flow. Facts, kept until the rules change. */
static __always_inline void st_apply_rules(struct __sk_buff *skb, const struct st_tuple *tuple,
					   struct st_flow *flow, const struct st_rule_set *set,
					   __u32 generation)
{
	__u32 slot = generation % ST_SLOTS;
	__u64 rules = st_rules_of_port(slot, tuple->server_port);
	bool is_client_side = config.side == ST_CLIENT_SIDE;

	if (set->by_address) {
		rules &= st_rules_of_address(slot, is_client_side ? ST_REMOTE_SIDE : ST_LOCAL_SIDE,
					     tuple->server_addr);
		rules &= st_rules_of_address(slot, is_client_side ? ST_LOCAL_SIDE : ST_REMOTE_SIDE,
					     tuple->client_addr);
	}
	if (rules & ~set->any_cgroup)
		rules &= set->any_cgroup | st_rules_of_skb_cgroup(skb, slot, set->cgroup_levels);
	if (flow->state & ST_FLOW_OWNED && rules & ~set->any_uid)
		rules &= st_rules_of_owner(set, slot, flow->uid);
	flow->rules = rules;
	rules = st_draw(slot, rules, set->by_connection, (__u32)st_flow_hash(tuple));
	flow->wanted = st_draw(slot, rules, set->by_client, st_client_sample(tuple));
	flow->generation = generation;
}

/*
 * The owner is the listener's until the service has accepted the connection, which it has when it
 * sends something. What connects is its own from the beginning.
 */
static __always_inline void st_note_owner(struct __sk_buff *skb, struct st_flow *flow,
					  const struct st_rule_set *set)
{
	__u64 rules;

	if (flow->state & ST_FLOW_OWNED)
		return;
	flow->uid = st_uid_of(skb);
	flow->state |= ST_FLOW_OWNED;
	if (!(flow->rules & ~set->any_uid))
		return;
	rules = st_rules_of_owner(set, flow->generation % ST_SLOTS, flow->uid);
	flow->rules &= rules;
	flow->wanted &= rules;
}

enum st_choice {
	ST_LET_THROUGH,
	ST_LEAVE_OUT, /* no rule can want it */
	ST_LEAVE_OUT_SAMPLE,
	ST_LEAVE_OUT_THROTTLE,
	ST_REFUSE, /* throttled, but it is not known where it ends */
};

/*
 * Leaves of `candidates` those that may want the request; returns its length, or 0 when it is not
 * known. A build without the scan is for where the verifier does not take that: it looks at every
 * global function, even at one that nothing calls.
 */
static __always_inline __u32 st_end_of_head(struct __sk_buff *skb, const struct st_rule_set *set,
					    __u32 slot, __u32 at, __u32 bytes, __u64 *candidates)
{
#ifdef ST_WITHOUT_SCAN
	return 0;
#else
	struct st_scan scan = {.slot = slot};

	scan.satisfied[0] = set->without[0];
	scan.satisfied[1] = set->without[1];
	scan.satisfied[2] = set->without[2];
	scan.satisfied[3] = set->without[3];
	st_scan_head(skb, at, bytes, &scan);
	*candidates &=
		scan.satisfied[0] & scan.satisfied[1] & scan.satisfied[2] & scan.satisfied[3];
	return scan.request_bytes;
#endif
}

/* About the request that begins at `at`, the first of `bytes`. */
static __always_inline int st_choose(struct __sk_buff *skb, struct st_flow *flow,
				     const struct st_rule_set *set, __u32 at, __u32 bytes,
				     struct st_segment *head, __u32 *request_bytes)
{
	__u64 candidates = flow->wanted;
	__u32 slot = flow->generation % ST_SLOTS;
	int left_out = ST_LEAVE_OUT;
	bool is_drawn = false;

	if (st_throttled()) {
		candidates = 0;
		left_out = ST_LEAVE_OUT_THROTTLE;
	} else if (candidates & set->by_request) {
		head->sample = bpf_get_prandom_u32();
		is_drawn = true;
		candidates = st_draw(slot, candidates, set->by_request, head->sample);
		if (!candidates)
			left_out = ST_LEAVE_OUT_SAMPLE;
	}
	if (is_drawn)
		head->flags |= ST_SAMPLED;
	if (candidates & ~set->scanned)
		return ST_LET_THROUGH;
	*request_bytes = st_end_of_head(skb, set, slot, at, bytes, &candidates);
	if (!*request_bytes)
		return left_out == ST_LEAVE_OUT_THROTTLE ? ST_REFUSE : ST_LET_THROUGH;
	return candidates ? ST_LET_THROUGH : left_out;
}

#endif /* ST_CHOOSE_H */
