/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Ethernet tags, IPv4, IPv6 and TCP headers of one packet. Copies, never direct access: CAP_PERFMON
 * is not needed. */
#ifndef ST_PARSE_H
#define ST_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#define ST_MAX_IPV6_EXTENSIONS 8
#define ST_MAX_VLAN_TAGS       2

#define ST_TCP_FIN 0x01
#define ST_TCP_SYN 0x02
#define ST_TCP_RST 0x04
#define ST_TCP_ACK 0x10

enum st_parse_result {
	ST_PARSED,
	ST_NOT_TCP,
	ST_IS_FRAGMENT,
	ST_IS_UNREADABLE,
};

struct st_packet {
	__u8 source[16];
	__u8 destination[16];
	__u32 payload_at; /* offset in the packet */
	__u32 payload_bytes;
	__u32 seq;
	__u32 ack;
	__u16 source_port;
	__u16 destination_port;
	__u16 tcp_flags;
	__u16 _pad;
};

/* Generic extension header, RFC 8200 section 4: next header, length in 8-byte units beyond the
 * first. */
struct st_ipv6_extension {
	__u8 next;
	__u8 length;
	__u8 _rest[6];
};

static __always_inline void st_map_ipv4(__u8 to[16], __u32 addr)
{
	__u32 *word = (__u32 *)to;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = addr;
}

static __always_inline int st_parse_ipv4(struct __sk_buff *skb, __u32 at, struct st_packet *packet,
					 __u32 *tcp_at, __u32 *end)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return ST_IS_UNREADABLE;
	if (ip.protocol != IPPROTO_TCP)
		return ST_NOT_TCP;
	/* The first one, too: the server acts on it only if the others follow. */
	if (ip.frag_off & bpf_htons(0x3fff))
		return ST_IS_FRAGMENT;
	st_map_ipv4(packet->source, ip.saddr);
	st_map_ipv4(packet->destination, ip.daddr);
	*tcp_at = at + ip.ihl * 4;
	/* BIG TCP leaves the length 0; Ethernet pads short packets beyond it. */
	if (ip.tot_len && at + bpf_ntohs(ip.tot_len) < *end)
		*end = at + bpf_ntohs(ip.tot_len);
	return ST_PARSED;
}

static __always_inline int st_parse_ipv6(struct __sk_buff *skb, __u32 at, struct st_packet *packet,
					 __u32 *tcp_at, __u32 *end)
{
	struct st_ipv6_extension extension;
	struct ipv6hdr ip;
	__u8 next;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return ST_IS_UNREADABLE;
	__builtin_memcpy(packet->source, &ip.saddr, 16);
	__builtin_memcpy(packet->destination, &ip.daddr, 16);
	if (ip.payload_len && at + sizeof(ip) + bpf_ntohs(ip.payload_len) < *end)
		*end = at + sizeof(ip) + bpf_ntohs(ip.payload_len);
	next = ip.nexthdr;
	at += sizeof(ip);
#pragma clang loop unroll(full)
	for (int i = 0; i < ST_MAX_IPV6_EXTENSIONS; i++) {
		switch (next) {
		case IPPROTO_TCP:
			*tcp_at = at;
			return ST_PARSED;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			return ST_NOT_TCP;
		}
		if (bpf_skb_load_bytes(skb, at, &extension, sizeof(extension)))
			return ST_IS_UNREADABLE;
		if (next == IPPROTO_FRAGMENT) {
			/* Offset in 8-byte units, then two reserved bits and "more fragments". With
			 * neither, it is the whole packet. */
			if (extension._rest[0] || extension._rest[1] & 0xf9)
				return ST_IS_FRAGMENT;
			at += 8;
		} else if (next == IPPROTO_AH) {
			at += (extension.length + 2) * 4; /* RFC 4302: 4-byte units, minus 2 */
		} else {
			at += (extension.length + 1) * 8;
		}
		next = extension.next;
	}
	return ST_NOT_TCP;
}

static __always_inline int st_parse_tcp(struct __sk_buff *skb, __u32 tcp_at, __u32 end,
					struct st_packet *packet)
{
	struct tcphdr tcp;
	__u32 header_bytes;
	__u8 flags;

	if (bpf_skb_load_bytes(skb, tcp_at, &tcp, sizeof(tcp)))
		return ST_IS_UNREADABLE;
	header_bytes = tcp.doff * 4;
	if (header_bytes < sizeof(tcp) || tcp_at + header_bytes > end)
		return ST_IS_UNREADABLE;
	flags = ((__u8 *)&tcp)[13];
	packet->tcp_flags = flags;
	packet->source_port = bpf_ntohs(tcp.source);
	packet->destination_port = bpf_ntohs(tcp.dest);
	packet->seq = bpf_ntohl(tcp.seq);
	packet->ack = bpf_ntohl(tcp.ack_seq);
	packet->payload_at = tcp_at + header_bytes;
	packet->payload_bytes = end - packet->payload_at;
	return ST_PARSED;
}

/* The kernel strips one VLAN tag before tc; further ones (QinQ) are still in the packet, before the
 * IP header. */
static __always_inline int st_skip_vlan_tags(struct __sk_buff *skb, __u32 *at, __be16 *protocol)
{
#pragma clang loop unroll(full)
	for (int i = 0; i < ST_MAX_VLAN_TAGS; i++) {
		if (*protocol != bpf_htons(ETH_P_8021Q) && *protocol != bpf_htons(ETH_P_8021AD))
			break;
		if (bpf_skb_load_bytes(skb, *at + 2, protocol, sizeof(*protocol)))
			return ST_IS_UNREADABLE;
		*at += 4;
	}
	return ST_PARSED;
}

/*
 * The same number, of which the verifier knows nothing any more. It would otherwise check all that
 * follows once for each number of extension headers. The mark is arbitrary: what counts is that it
 * is read from the packet.
 */
static __always_inline __u32 st_forget(struct __sk_buff *skb, __u32 value)
{
	__u32 mark = skb->mark;

	value += mark;
	asm volatile("" : "+r"(value));
	return value - mark;
}

/* `at` is the offset of the network header: 0 at cgroup hooks and layer 3 devices, 14 behind
 * Ethernet. */
static __always_inline int st_parse(struct __sk_buff *skb, __u32 at, struct st_packet *packet)
{
	__be16 protocol = skb->protocol;
	__u32 end = skb->len;
	__u32 tcp_at = 0;
	int result;

	result = st_skip_vlan_tags(skb, &at, &protocol);
	if (result != ST_PARSED)
		return result;
	if (protocol == bpf_htons(ETH_P_IP))
		result = st_parse_ipv4(skb, at, packet, &tcp_at, &end);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		result = st_parse_ipv6(skb, at, packet, &tcp_at, &end);
	else
		return ST_NOT_TCP;
	if (result != ST_PARSED)
		return result;
	return st_parse_tcp(skb, st_forget(skb, tcp_at), st_forget(skb, end), packet);
}

#endif /* ST_PARSE_H */
