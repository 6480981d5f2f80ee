const PERCENT = 0x25;
const PLUS = 0x2b;

/** Undoes `%XX` and, where it means a space, `+`. A percent sign without two digits stands for itself, as in the URL standard. */
export function decodePercent(text: string, isPlusSpace: boolean): string {
  let pieces: string[] | undefined;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char !== PERCENT && (char !== PLUS || !isPlusSpace)) continue;
    const byte = char === PLUS ? 0x20 : hexByte(text, at + 1);
    if (byte < 0) continue;
    pieces ??= [];
    pieces.push(text.slice(from, at), String.fromCharCode(byte));
    if (char === PERCENT) at += 2;
    from = at + 1;
  }
  if (pieces === undefined) return text;
  pieces.push(text.slice(from));
  return pieces.join("");
}

/** Space becomes `%20`, which every reader takes for a space; `+` is one to readers of forms only. */
export function encodePercent(value: string): string {
  return value.replace(
    /[^A-Za-z0-9*\-._]/g,
    (char) => `%${(char.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const lower = char | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
