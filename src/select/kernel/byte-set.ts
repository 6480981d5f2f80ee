/** A set of byte values, the label of an edge in a pattern graph. Equal sets are the same object. */
export interface ByteSet {
  readonly key: string;
  /** 256 entries: 1 for a member. */
  readonly members: Uint8Array;
  /** It delimits parts of a request, so bytes of it must be told apart from all others, whatever else is not. */
  readonly isDelimiter: boolean;
}

function create(key: string, isDelimiter: boolean, has: (byte: number) => boolean): ByteSet {
  const members = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) members[byte] = has(byte) ? 1 : 0;
  return { key, members, isDelimiter };
}

function otherCase(byte: number): number {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter ? byte ^ 0x20 : byte;
}

const BYTES: readonly ByteSet[] = Array.from({ length: 256 }, (_, code) =>
  create(`=${code}`, false, (byte) => byte === code),
);

const ANY_CASE: readonly ByteSet[] = Array.from({ length: 256 }, (_, code) => {
  const lower = Math.max(code, otherCase(code));
  return create(`~${lower}`, false, (byte) => byte === code || byte === otherCase(code));
});

/** The one byte. */
export function exactly(byte: number): ByteSet {
  return BYTES[byte & 0xff] as ByteSet;
}

/** The byte, and the same letter in the other case. */
export function inAnyCase(byte: number): ByteSet {
  const code = byte & 0xff;
  return ANY_CASE[Math.max(code, otherCase(code))] as ByteSet;
}

/** Delimiters: any of these characters. */
export function anyOf(characters: string): ByteSet {
  return create(`[${characters}]`, true, (byte) => characters.includes(String.fromCharCode(byte)));
}

/** Every byte but these delimiters. */
export function noneOf(characters: string): ByteSet {
  return create(
    `[^${characters}]`,
    true,
    (byte) => !characters.includes(String.fromCharCode(byte)),
  );
}
