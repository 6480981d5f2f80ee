/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Copies payload into a ring. A reservation must have a constant size before 5.19, so records come
 * in size classes; the consumer goes by the length in the ring's own record header and finds the
 * payload's in ours.
 */
#ifndef ST_EMIT_H
#define ST_EMIT_H

#define ST_CHUNK_PAYLOAD(class) ((class) - sizeof(struct st_segment))

/* Always inline: the verifier must see the class as a constant where the payload's length is
 * checked against it. */
static __always_inline int st_emit_class(void *ring, struct __sk_buff *skb,
					 const struct st_segment *head, __u32 from, __u64 class)
{
	struct st_segment *record = bpf_ringbuf_reserve(ring, class, 0);
	__u64 last = (__u64)head->length - 1;

	if (!record)
		return -1;
	__builtin_memcpy(record, head, sizeof(*head));
	/* One comparison that bounds both ends of the very register that is passed: clang would
	 * compare a copy, and verifiers up to 6.12 at least would not see that 0 is left out. */
	asm volatile("" : "+r"(last));
	if (last < ST_CHUNK_PAYLOAD(class) && bpf_skb_load_bytes(skb, from, record + 1, last + 1)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return -2;
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline int st_emit_chunk(void *ring, struct __sk_buff *skb,
					 const struct st_segment *head, __u32 from)
{
	if (head->length <= ST_CHUNK_PAYLOAD(256))
		return st_emit_class(ring, skb, head, from, 256);
	if (head->length <= ST_CHUNK_PAYLOAD(512))
		return st_emit_class(ring, skb, head, from, 512);
	if (head->length <= ST_CHUNK_PAYLOAD(1024))
		return st_emit_class(ring, skb, head, from, 1024);
	if (head->length <= ST_CHUNK_PAYLOAD(1600))
		return st_emit_class(ring, skb, head, from, 1600);
	if (head->length <= ST_CHUNK_PAYLOAD(4096))
		return st_emit_class(ring, skb, head, from, 4096);
	if (head->length <= ST_CHUNK_PAYLOAD(16384))
		return st_emit_class(ring, skb, head, from, 16384);
	return st_emit_class(ring, skb, head, from, ST_MAX_CHUNK);
}

/* One full chunk, if more than that is left: 0 also when not. */
static __always_inline int st_emit_full(struct __sk_buff *skb, void *ring, struct st_segment *head,
					__u32 payload_at, __u32 *bytes)
{
	int error;

	if (*bytes <= ST_CHUNK_PAYLOAD(ST_MAX_CHUNK))
		return 0;
	head->length = ST_CHUNK_PAYLOAD(ST_MAX_CHUNK);
	error = st_emit_class(ring, skb, head, payload_at + head->offset, ST_MAX_CHUNK);
	if (error)
		return error;
	*bytes -= head->length;
	head->offset += head->length;
	/* What came before this segment is said once, with its first chunk. */
	head->flags &= ST_CUT | ST_OWNER_PENDING;
	head->skipped_bytes = 0;
	head->lost_starts = 0;
	return 0;
}

/*
 * Copies `bytes` of payload: full chunks while there is more than one holds, then the rest in the
 * class that fits. 0, or the failure of the first chunk that had one: what follows it is not tried.
 * No loop: where CAP_PERFMON is missing, the verifier follows the CPU's speculation beyond any
 * bound.
 */
static __always_inline int st_emit(struct __sk_buff *skb, void *ring, struct st_segment *head,
				   __u32 payload_at, __u32 bytes)
{
	__u16 tcp_flags = head->tcp_flags;
	int error;

	head->offset = 0;
	head->tcp_flags = tcp_flags & ~ST_TCP_FIN;
	(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes)) ||
		(error = st_emit_full(skb, ring, head, payload_at, &bytes));
	if (error)
		return error;
	if (bytes > ST_CHUNK_PAYLOAD(ST_MAX_CHUNK))
		return -3;
	head->tcp_flags = tcp_flags;
	head->length = bytes;
	return st_emit_chunk(ring, skb, head, payload_at + head->offset);
}

#endif /* ST_EMIT_H */
