/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The same number for both directions of a flow: which ring it goes to, and what a share by
 * connection is drawn by. */
#ifndef ST_FLOW_HASH_H
#define ST_FLOW_HASH_H

static __always_inline __u64 st_flow_hash(const struct st_tuple *tuple)
{
	const __u64 *word = (const __u64 *)tuple;
	__u64 hash = 0x9e3779b97f4a7c15ULL;

#pragma unroll
	for (int i = 0; i < sizeof(*tuple) / sizeof(*word); i++) {
		hash = (hash ^ word[i]) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	return hash;
}

#endif /* ST_FLOW_HASH_H */
