// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Hook family `cgroup`: every packet of every socket in a cgroup, at the socket. Interfaces do not
 * matter, loopback included, and each side of a connection is met apart: what is captured is the
 * server's ingress and egress.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "shadowtap.h"
#include "config.bpf.h"

static __always_inline __u64 st_scope_of(struct __sk_buff *skb)
{
	if (config.has_netns_cookie)
		return bpf_get_netns_cookie(skb);
	return bpf_skb_cgroup_id(skb);
}

static __always_inline bool st_in_scope(struct __sk_buff *skb, const struct st_tuple *tuple)
{
	return config.scope != ST_SCOPE_NETNS || tuple->scope == config.netns_cookie;
}

static __always_inline __u32 st_uid_of(struct __sk_buff *skb)
{
	return bpf_get_socket_uid(skb);
}

#include "maps/cgroups.bpf.h"

/* Rules that name the cgroup of the socket or one above it. Not static, so that the verifier checks
 * it once and for all. */
__noinline __u64 st_rules_of_skb_cgroup(struct __sk_buff *skb, __u32 slot, __u32 levels)
{
	__u64 rules = 0;

#pragma clang loop unroll(full)
	for (int level = 0; level < ST_CGROUP_LEVELS; level++)
		if (levels & 1U << level)
			rules |= st_rules_of_cgroup(slot, bpf_skb_ancestor_cgroup_id(skb, level));
	return rules;
}

#include "tap.bpf.h"

/* The port of the service, which is the socket's own or its peer's. */
static __always_inline bool st_socket_captured(struct __sk_buff *skb, __u32 generation)
{
	if (config.side == ST_CLIENT_SIDE)
		return st_port_captured(generation, bpf_ntohl(skb->remote_port));
	return st_port_captured(generation, skb->local_port);
}

SEC("cgroup_skb/ingress")
int st_cgroup_in(struct __sk_buff *skb)
{
	__u32 generation = st_generation();

	if (st_socket_captured(skb, generation))
		st_tap(skb, 0, 0, config.side == ST_CLIENT_SIDE ? ST_RESPONSES : ST_REQUESTS,
		       generation);
	return 1;
}

SEC("cgroup_skb/egress")
int st_cgroup_out(struct __sk_buff *skb)
{
	__u32 generation = st_generation();

	if (st_socket_captured(skb, generation))
		st_tap(skb, 0, 0, config.side == ST_CLIENT_SIDE ? ST_REQUESTS : ST_RESPONSES,
		       generation);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
