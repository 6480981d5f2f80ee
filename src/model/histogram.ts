import type { Quantiles } from "./summary.ts";

/** A power of two is split into this many buckets of equal width, so that a bucket's middle is at most 3.2 % off. */
const BUCKETS_PER_OCTAVE = 16;
/** 2^44 ns, almost five hours: whatever takes longer is counted in the last bucket. */
const OCTAVES = 44;
const BUCKETS = OCTAVES * BUCKETS_PER_OCTAVE;
/** Upper 16 bits of the double 1.0: sign, exponent and four bits of mantissa, which is the bucket's number. */
const FIRST = 0x3ff0;

const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
asDouble[0] = 1;
const HIGH_WORD = asWords[1] === 0 ? 0 : 1;

/** The wire form of a histogram, between processes: plain arrays, empty buckets left out. */
export interface HistogramData {
  /** Bucket number and count, alternating, in rising order of bucket. */
  readonly buckets: readonly number[];
  readonly maxNs: number;
}

/** Durations in nanoseconds, counted in logarithmic buckets: constant memory, mergeable, quantiles within 5 %. */
export interface Histogram {
  /** A few nanoseconds. Negative values and NaN count as the shortest duration. */
  record(durationNs: number): void;
  merge(other: HistogramData): void;
  /** Duration that `ratio` (0 … 1) of the recorded ones do not exceed; 0 when nothing was recorded. */
  quantileNs(ratio: number): number;
  /** Median, 99th percentile and exact maximum; undefined when nothing was recorded. */
  quantiles(): Quantiles | undefined;
  readonly count: number;
  readonly maxNs: number;
  data(): HistogramData;
}

function middleOf(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const step = bucket % BUCKETS_PER_OCTAVE;
  return 2 ** octave * (1 + (step + 0.5) / BUCKETS_PER_OCTAVE);
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS);
  let count = 0;
  let maxNs = 0;

  const quantileNs = (ratio: number): number => {
    const rank = Math.max(1, Math.ceil(ratio * count));
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      below += counts[bucket] ?? 0;
      if (below >= rank) return Math.min(middleOf(bucket), maxNs);
    }
    return 0;
  };

  return {
    record(durationNs) {
      let bucket = 0;
      if (durationNs >= 1) {
        asDouble[0] = durationNs;
        bucket = Math.min(((asWords[HIGH_WORD] as number) >>> 16) - FIRST, BUCKETS - 1);
      }
      counts[bucket] = (counts[bucket] as number) + 1;
      count++;
      if (durationNs > maxNs) maxNs = durationNs;
    },

    merge(other) {
      for (let i = 0; i + 1 < other.buckets.length; i += 2) {
        const bucket = other.buckets[i] ?? 0;
        const added = other.buckets[i + 1] ?? 0;
        counts[bucket] = (counts[bucket] ?? 0) + added;
        count += added;
      }
      maxNs = Math.max(maxNs, other.maxNs);
    },

    quantileNs,

    quantiles() {
      if (count === 0) return undefined;
      return {
        p50Ms: quantileNs(0.5) / 1e6,
        p99Ms: quantileNs(0.99) / 1e6,
        maxMs: maxNs / 1e6,
      };
    },

    get count() {
      return count;
    },
    get maxNs() {
      return maxNs;
    },

    data() {
      const buckets: number[] = [];
      counts.forEach((inBucket, bucket) => {
        if (inBucket > 0) buckets.push(bucket, inBucket);
      });
      return { buckets, maxNs };
    },
  };
}
