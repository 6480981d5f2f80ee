/** One key of those that were counted. */
interface Hitter {
  readonly key: string;
  /** Never more than there were; exact as long as there were no more distinct keys than the capacity. */
  readonly count: number;
  readonly bytes: number;
}

/** Counts the most frequent of any number of keys in bounded memory. */
export interface HeavyHitters {
  count(key: string, bytes: number): void;
  /** The keys that are kept, the most frequent first. */
  hitters(): readonly Hitter[];
  readonly size: number;
}

/**
 * The space-saving algorithm (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
 * Streams, 2005): when all places are taken, a new key takes that of the rarest and goes on from its count, so that a frequent key
 * cannot be crowded out by any number of rare ones. What was inherited is known and not reported.
 */
export function createHeavyHitters(capacity: number): HeavyHitters {
  const places = new Map<string, number>();
  const keys: string[] = [];
  const counts = new Float64Array(capacity);
  const inherited = new Float64Array(capacity);
  const bytesOf = new Float64Array(capacity);

  /** Looking at a thousand numbers side by side takes a microsecond; a heap would be slower to keep. */
  const rarest = (): number => {
    let place = 0;
    let least = counts[0] as number;
    for (let i = 1; i < capacity; i++) {
      if ((counts[i] as number) < least) {
        place = i;
        least = counts[i] as number;
      }
    }
    return place;
  };

  const placeFor = (key: string): number => {
    let place = keys.length;
    if (place === capacity) {
      place = rarest();
      places.delete(keys[place] as string);
      inherited[place] = counts[place] as number;
      bytesOf[place] = 0;
    }
    keys[place] = key;
    places.set(key, place);
    return place;
  };

  return {
    count(key, bytes) {
      const place = places.get(key) ?? placeFor(key);
      counts[place] = (counts[place] as number) + 1;
      bytesOf[place] = (bytesOf[place] as number) + bytes;
    },
    hitters() {
      return keys
        .map((key, place) => ({
          key,
          count: (counts[place] as number) - (inherited[place] as number),
          bytes: bytesOf[place] as number,
        }))
        .sort((left, right) => right.count - left.count || (left.key < right.key ? -1 : 1));
    },
    get size() {
      return keys.length;
    },
  };
}
