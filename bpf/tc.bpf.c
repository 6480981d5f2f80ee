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
#include "maps/locals.bpf.h"
#include "no_owner.bpf.h"

#define ST_SEEN_AT_INGRESS 0x80000000

static __always_inline __u64 st_scope_of(struct __sk_buff *skb)
{
	return 0; /* one attachment serves one namespace */
}

/* Forwarded connections have no socket here. Before a connection has its own, a listener is found,
 * and one on any address is found for every connection to its port, wherever that goes. IPv4 is
 * looked up by the last word of its mapped address. */
static __always_inline bool st_in_scope(struct __sk_buff *skb, const struct st_tuple *tuple)
{
	struct bpf_sock_tuple lookup = {};
	/* The socket here is the destination of what the other end sends. */
	bool is_client_side = config.side == ST_CLIENT_SIDE;
	const __u32 *peer =
		(const __u32 *)(is_client_side ? tuple->server_addr : tuple->client_addr);
	const __u32 *own =
		(const __u32 *)(is_client_side ? tuple->client_addr : tuple->server_addr);
	__be16 peer_port = bpf_htons(is_client_side ? tuple->server_port : tuple->client_port);
	__be16 own_port = bpf_htons(is_client_side ? tuple->client_port : tuple->server_port);
	__u32 length = sizeof(lookup.ipv6);
	struct bpf_sock *sock;
	bool is_listener;

	if (config.scope != ST_SCOPE_LOCAL)
		return true;
	if (!peer[0] && !peer[1] && peer[2] == bpf_htonl(0xffff)) {
		lookup.ipv4.saddr = peer[3];
		lookup.ipv4.daddr = own[3];
		lookup.ipv4.sport = peer_port;
		lookup.ipv4.dport = own_port;
		length = sizeof(lookup.ipv4);
	} else {
		__builtin_memcpy(lookup.ipv6.saddr, peer, 16);
		__builtin_memcpy(lookup.ipv6.daddr, own, 16);
		lookup.ipv6.sport = peer_port;
		lookup.ipv6.dport = own_port;
	}
	if (length == sizeof(lookup.ipv4))
		sock = bpf_skc_lookup_tcp(skb, &lookup, sizeof(lookup.ipv4), BPF_F_CURRENT_NETNS,
					  0);
	else
		sock = bpf_skc_lookup_tcp(skb, &lookup, sizeof(lookup.ipv6), BPF_F_CURRENT_NETNS,
					  0);
	if (!sock)
		return false;
	is_listener = sock->state == BPF_TCP_LISTEN;
	bpf_sk_release(sock);
	return !is_listener || st_is_local((const __u8 *)own);
}

#include "tap.bpf.h"

/* Devices with an Ethernet header, loopback included. */
SEC("tc")
int st_tc_in(struct __sk_buff *skb)
{
	st_tap(skb, ETH_HLEN, skb->ifindex | ST_SEEN_AT_INGRESS, ST_REQUESTS | ST_RESPONSES,
	       st_generation());
	return TC_ACT_UNSPEC;
}

SEC("tc")
int st_tc_out(struct __sk_buff *skb)
{
	st_tap(skb, ETH_HLEN, skb->ifindex, ST_REQUESTS | ST_RESPONSES, st_generation());
	return TC_ACT_UNSPEC;
}

/* Devices that carry bare IP: tun, WireGuard, ppp. */
SEC("tc")
int st_tc_in_l3(struct __sk_buff *skb)
{
	st_tap(skb, 0, skb->ifindex | ST_SEEN_AT_INGRESS, ST_REQUESTS | ST_RESPONSES,
	       st_generation());
	return TC_ACT_UNSPEC;
}

SEC("tc")
int st_tc_out_l3(struct __sk_buff *skb)
{
	st_tap(skb, 0, skb->ifindex, ST_REQUESTS | ST_RESPONSES, st_generation());
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
