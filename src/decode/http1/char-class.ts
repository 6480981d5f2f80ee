/** Bits of `CHAR_CLASS`: what a byte may be part of. */
export const CharClass = {
  /** `tchar`, RFC 9110 section 5.6.2: methods and field names. */
  token: 0x01,
  /** Visible ASCII: request targets. Bytes from 0x80 are refused, as Node's parser does. */
  target: 0x02,
  /** Field values: visible, obs-text, space and tab, RFC 9110 section 5.5. */
  value: 0x04,
  /** Host and port of an absolute or authority form; no user information (RFC 9110 section 4.2.4). */
  authority: 0x08,
  alpha: 0x10,
} as const;

/** Per byte the `CharClass` bits that hold for it. */
export const CHAR_CLASS: Uint8Array = (() => {
  const table = new Uint8Array(256);
  const mark = (characters: string, bit: number) => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      table[code] = (table[code] ?? 0) | bit;
    }
  };
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const digits = "0123456789";
  mark(`${letters}${digits}!#$%&'*+-.^_\`|~`, CharClass.token);
  mark(`${letters}${digits}-._~%:[]`, CharClass.authority);
  mark(letters, CharClass.alpha);
  for (let code = 0x20; code < 0x100; code++) {
    if (code === 0x7f) continue;
    const isTarget = code > 0x20 && code < 0x7f;
    table[code] = (table[code] ?? 0) | CharClass.value | (isTarget ? CharClass.target : 0);
  }
  mark("\t", CharClass.value);
  return table;
})();

export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const HT = 0x09;

/** White space of a field value, with what an obs-fold adds. */
export function isBlank(byte: number): boolean {
  return byte === SP || byte === HT || byte === CR || byte === LF;
}

/** End of the run of bytes from `start` that are all of `kind`, a `CharClass` bit. */
export function runEnd(bytes: Uint8Array, start: number, end: number, kind: number): number {
  const table = CHAR_CLASS;
  let at = start;
  while (at < end && ((table[bytes[at] as number] as number) & kind) !== 0) at++;
  return at;
}

/** Whether `bytes[start … end)` equals `lower` but for the case of ASCII letters; `lower` has no capitals. */
export function equalsIgnoringCase(
  bytes: Uint8Array,
  start: number,
  end: number,
  lower: string,
): boolean {
  if (end - start !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    let byte = bytes[start + i] as number;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lower.charCodeAt(i)) return false;
  }
  return true;
}
