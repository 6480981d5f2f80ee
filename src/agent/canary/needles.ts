/** How a secret was written where it was found. */
export type Form = "raw" | "base64" | "hex";

/** Bytes that are looked for. */
export interface Needle {
  readonly bytes: Uint8Array;
  readonly form: Form;
  /** Which of the texts it stands for. */
  readonly index: number;
}

/** Fewer would be found by chance. */
const MIN_BASE64_CHARS = 8;

/**
 * Base64 of anything that holds the text: by where the text begins, in threes, other characters come out. Those that also depend on the
 * neighbours are left out.
 */
function base64Forms(text: string, encoding: "base64" | "base64url"): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from("\0".repeat(before) + text, "latin1").toString(encoding);
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + text.length) * 8) / 6);
    return encoded.slice(start, end);
  });
}

/** The forms of all texts in which they can be found without undoing anything. Texts are visible ASCII. */
export function needlesOf(texts: readonly string[]): readonly Needle[] {
  return texts.flatMap((text, index) => {
    const hex = Buffer.from(text, "latin1").toString("hex");
    const base64 = new Set([...base64Forms(text, "base64"), ...base64Forms(text, "base64url")]);
    const forms: readonly (readonly [Form, string])[] = [
      ["raw", text],
      ...[...base64]
        .filter(({ length }) => length >= MIN_BASE64_CHARS)
        .map((one) => ["base64", one] as const),
      ["hex", hex],
      ["hex", hex.toUpperCase()],
    ];
    return forms.map(([form, one]) => ({ bytes: Buffer.from(one, "latin1"), form, index }));
  });
}
