/**
 * Remembers what was made of recent values, so that a cryptographic hash is reckoned once for a value that comes again and again. Two
 * generations: when the young one is full, it becomes the old one, and what was not asked for since is forgotten.
 */
export interface Recent {
  get(value: string): string | undefined;
  set(value: string, result: string): void;
}

/** Longer values are rarely seen twice. */
const MAX_VALUE_LENGTH = 2048;

export const createRecent = (maxEntries: number, maxCharacters: number): Recent => {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  let characters = 0;

  const put = (value: string, result: string): void => {
    if (young.size >= maxEntries || characters >= maxCharacters) {
      old = young;
      young = new Map();
      characters = 0;
    }
    young.set(value, result);
    characters += value.length + result.length;
  };

  return {
    get(value) {
      const result = young.get(value);
      if (result !== undefined) return result;
      const older = old.get(value);
      if (older !== undefined) put(detached(value), older);
      return older;
    },
    set(value, result) {
      if (value.length <= MAX_VALUE_LENGTH) put(detached(value), result);
    },
  };
};

/** A copy with memory of its own: a piece of a longer string keeps all of that alive. */
const detached = (value: string): string => Buffer.from(value, "utf16le").toString("utf16le");
