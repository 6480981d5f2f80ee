/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Runs a rule set's automaton over the head of a request: which rules may want it, and where it
 * ends. Says nothing of a head that it does not understand to its end, because what is left out
 * here is left out for good.
 */
#ifndef ST_SCAN_H
#define ST_SCAN_H

#include "maps/scan_tables.bpf.h"

struct st_scan {
	__u64 satisfied[ST_SCAN_CLAUSES]; /* by clause: the rules that have what it asks for */
	__u32 request_bytes;		  /* head and Content-Length; 0: not known */
	__u32 slot;
	__u32 from; /* offset in the head that the scan has come to */
	__u32 state;
	__u32 length; /* Content-Length */
	__u32 digits; /* of it */
};

/* With one more it may not fit: no body of that size is worth leaving out by its length. */
#define ST_SCAN_MAX_DIGITS 9

/*
 * Over the next piece; 1 when there is nothing more to find. Not static, so that the verifier
 * checks it once, whatever its arguments, and not again for each of the pieces. (A pointer as its
 * argument is what needs Linux 5.12.)
 */
__noinline int st_scan_piece(struct __sk_buff *skb, __u32 at, __u32 bytes, struct st_scan *scan)
{
	__u64 last = (__u64)bytes - 1;
	__u32 state;
	__u8 piece[ST_SCAN_PIECE] = {};
	struct st_scan_table *table;

	if (!scan)
		return 1;
	table = st_scan_table_of(scan->slot);
	if (!table)
		return 1;
	/* As in emit.bpf.h: one comparison that bounds both ends. */
	asm volatile("" : "+r"(last));
	if (last >= ST_SCAN_PIECE || bpf_skb_load_bytes(skb, at + scan->from, piece, last + 1))
		return 1;
	state = scan->state & (ST_SCAN_STATES - 1);
	for (__u32 i = 0; i < ST_SCAN_PIECE; i++) {
		__u32 class, info, set;

		if (i > last)
			break;
		class = table->classes[piece[i]] & (ST_SCAN_CLASSES - 1);
		/* Masked once more: verifiers up to 6.1 at least lose the bounds at the "or" that
		 * clang makes of this sum. */
		state = state * ST_SCAN_CLASSES + class;
		asm volatile("" : "+r"(state));
		state = table->next[state & (ST_SCAN_STATES * ST_SCAN_CLASSES - 1)] &
			(ST_SCAN_STATES - 1);
		info = table->info[state];
		if (!info)
			continue;
		set = (info >> ST_SCAN_SET_SHIFT & (ST_SCAN_SETS - 1)) * ST_SCAN_CLAUSES;
		scan->satisfied[0] |= table->satisfied[set];
		scan->satisfied[1] |= table->satisfied[set + 1];
		scan->satisfied[2] |= table->satisfied[set + 2];
		scan->satisfied[3] |= table->satisfied[set + 3];
		/* Kept where the verifier does not follow it: in a variable, Linux 7.2 goes through
		 * every combination of where the digits are. */
		if (info & ST_SCAN_LENGTH_DIGIT) {
			scan->length = scan->length * 10 + (piece[i] & 15);
			scan->digits++;
		}
		if (info & (ST_SCAN_UNDECIDABLE | ST_SCAN_HEAD_END)) {
			if (info & ST_SCAN_HEAD_END && scan->digits <= ST_SCAN_MAX_DIGITS)
				scan->request_bytes = scan->from + i + 1 + scan->length;
			return 1;
		}
	}
	scan->from += ST_SCAN_PIECE;
	scan->state = state;
	return 0;
}

static __always_inline void st_scan_head(struct __sk_buff *skb, __u32 at, __u32 bytes,
					 struct st_scan *scan)
{
#pragma clang loop unroll(full)
	for (__u32 from = 0; from < ST_SCAN_BYTES; from += ST_SCAN_PIECE) {
		__u32 left = bytes - from;

		if (from >= bytes)
			return;
		if (st_scan_piece(skb, at, left < ST_SCAN_PIECE ? left : ST_SCAN_PIECE, scan))
			return;
	}
}

#endif /* ST_SCAN_H */
