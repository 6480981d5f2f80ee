/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Hooks that see packets, not sockets, know no owner: user space refuses rules that name one. */
#ifndef ST_NO_OWNER_H
#define ST_NO_OWNER_H

static __always_inline __u32 st_uid_of(struct __sk_buff *skb)
{
	return ~0U;
}

static __always_inline __u64 st_rules_of_skb_cgroup(struct __sk_buff *skb, __u32 slot, __u32 levels)
{
	return 0;
}

#endif /* ST_NO_OWNER_H */
