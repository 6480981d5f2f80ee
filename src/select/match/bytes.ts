/** Asks something about `bytes[start … end)`, in place. */
export type BytesTest = (bytes: Uint8Array, start: number, end: number) => boolean;

/** Latin1 text as bytes; undefined when it has a character that is no byte, so that nothing on the wire can equal it. */
export function latin1Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** `bytes[start … end)` as text, one character for one byte. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  // Called on the array itself, since making a Buffer of it first costs more than the slice.
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}

/** Whether `wanted` stands at `start`; the caller knows that there are that many bytes. */
export function standsAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** `byte`, or its small letter if it is an ASCII capital. */
function lowerCased(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** As `standsAt`, with ASCII letters in any case; `lower` has no capitals. */
export function standsAtInAnyCase(bytes: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++)
    if (lowerCased(bytes[start + i] as number) !== lower[i]) return false;
  return true;
}

/** `text` with ASCII capitals made small and nothing else changed, as names are compared on the wire. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/** First place of `byte` in `bytes[start … end)`, or `end`. */
export function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

/** White space around a part of a field value, with what an obs-fold adds. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}

/** First byte from `start` that is not blank, or `end`. */
export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at] as number)) at++;
  return at;
}

/** Behind the last byte before `end` that is not blank, or `start`. */
export function trimBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1] as number)) at--;
  return at;
}
