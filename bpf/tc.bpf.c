// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Hook family `tc`: every packet of an interface, both ways, by tcx or clsact. A packet may pass
 * several interfaces (loopback's two ends, a bridge and its ports), so a flow is taken where each
 * direction was first seen.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "shadowtap.h"
#include "config.bpf.h"

#define ST_SEEN_AT_INGRESS 0x80000000

static __always_inline __u64 st_scope_of(struct __sk_buff *skb)
{
	return 0; /* one attachment serves one namespace */
}

/* Forwarded connections have no socket here. IPv4 is looked up by the last word of its mapped
 * address. */
static __always_inline bool st_in_scope(struct __sk_buff *skb, const struct st_tuple *tuple)
{
	struct bpf_sock_tuple lookup = {};
	const __u32 *client = (const __u32 *)tuple->client_addr;
	const __u32 *server = (const __u32 *)tuple->server_addr;
	__u32 length = sizeof(lookup.ipv6);
	struct bpf_sock *sock;

	if (config.scope != ST_SCOPE_LOCAL)
		return true;
	if (!client[0] && !client[1] && client[2] == bpf_htonl(0xffff)) {
		lookup.ipv4.saddr = client[3];
		lookup.ipv4.daddr = server[3];
		lookup.ipv4.sport = bpf_htons(tuple->client_port);
		lookup.ipv4.dport = bpf_htons(tuple->server_port);
		length = sizeof(lookup.ipv4);
	} else {
		__builtin_memcpy(lookup.ipv6.saddr, client, 16);
		__builtin_memcpy(lookup.ipv6.daddr, server, 16);
		lookup.ipv6.sport = bpf_htons(tuple->client_port);
		lookup.ipv6.dport = bpf_htons(tuple->server_port);
	}
	if (length == sizeof(lookup.ipv4))
		sock = bpf_skc_lookup_tcp(skb, &lookup, sizeof(lookup.ipv4), BPF_F_CURRENT_NETNS,
					  0);
	else
		sock = bpf_skc_lookup_tcp(skb, &lookup, sizeof(lookup.ipv6), BPF_F_CURRENT_NETNS,
					  0);
	if (!sock)
		return false;
	bpf_sk_release(sock);
	return true;
}

#include "tap.bpf.h"

/* Devices with an Ethernet header, loopback included. */
SEC("tc")
int st_tc_in(struct __sk_buff *skb)
{
	st_tap(skb, ETH_HLEN, skb->ifindex | ST_SEEN_AT_INGRESS, ST_REQUESTS | ST_RESPONSES);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int st_tc_out(struct __sk_buff *skb)
{
	st_tap(skb, ETH_HLEN, skb->ifindex, ST_REQUESTS | ST_RESPONSES);
	return TC_ACT_UNSPEC;
}

/* Devices that carry bare IP: tun, WireGuard, ppp. */
SEC("tc")
int st_tc_in_l3(struct __sk_buff *skb)
{
	st_tap(skb, 0, skb->ifindex | ST_SEEN_AT_INGRESS, ST_REQUESTS | ST_RESPONSES);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int st_tc_out_l3(struct __sk_buff *skb)
{
	st_tap(skb, 0, skb->ifindex, ST_REQUESTS | ST_RESPONSES);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
