// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Hook family `socket`: the filter of an AF_PACKET socket, for nodes where neither cgroup2 nor tc
 * may be touched. It sees every packet of a namespace, on loopback as well as on a bridge and its
 * ports more than once: a flow is taken where each direction was first seen. It returns 0, so that
 * nothing is ever queued on the socket.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "shadowtap.h"
#include "config.bpf.h"
#include "maps/locals.bpf.h"
#include "no_owner.bpf.h"

static __always_inline __u64 st_scope_of(struct __sk_buff *skb)
{
	return 0; /* one socket serves one namespace */
}

static __always_inline bool st_in_scope(struct __sk_buff *skb, const struct st_tuple *tuple)
{
	if (config.scope != ST_SCOPE_LOCAL)
		return true;
	return st_is_local(config.side == ST_CLIENT_SIDE ? tuple->client_addr : tuple->server_addr);
}

#include "tap.bpf.h"

/* A SOCK_DGRAM socket: packets begin with their network header, whatever the device. */
SEC("socket")
int st_socket_tap(struct __sk_buff *skb)
{
	st_tap(skb, 0, skb->ifindex << 3 | (skb->pkt_type + 1), ST_REQUESTS | ST_RESPONSES,
	       st_generation());
	return 0;
}

/* Emptied by the kernel when user space has gone, and the capture then is inert. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(void *));
} st_socket_prog SEC(".maps") = {
	.values = {[0] = (void *)&st_socket_tap},
};

/* What is attached. A socket pays for its filter's size out of net.core.optmem_max, 20 KiB for
 * long, which the tap alone is larger than. */
SEC("socket")
int st_socket(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &st_socket_prog, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
