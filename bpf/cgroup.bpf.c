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

#include "tap.bpf.h"

SEC("cgroup_skb/ingress")
int st_cgroup_in(struct __sk_buff *skb)
{
	if (st_port_captured(skb->local_port))
		st_tap(skb, 0, 0, ST_REQUESTS);
	return 1;
}

SEC("cgroup_skb/egress")
int st_cgroup_out(struct __sk_buff *skb)
{
	if (st_port_captured(skb->local_port))
		st_tap(skb, 0, 0, ST_RESPONSES);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
