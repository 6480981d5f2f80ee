/** A Content-Transfer-Encoding that changes the text: RFC 2045 section 6. */
export interface TransferEncoding {
  /** Undefined: the text is not of this encoding. */
  decode(text: string): string | undefined;
  /** Keeps lines as long as `original`, the text that it replaces, had them. */
  encode(value: string, original: string): string;
}

const LINE_CHARS = 76;
const LINE = new RegExp(`.{1,${LINE_CHARS}}`, "g");

const BASE64: TransferEncoding = {
  decode(text) {
    const digits = text.replace(/[ \t\r\n]/g, "").replace(/={1,2}$/, "");
    if (/[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) return undefined;
    return Buffer.from(digits, "base64").toString("latin1");
  },
  encode(value, original) {
    const digits = Buffer.from(value, "latin1").toString("base64");
    return original.includes("\n") ? (digits.match(LINE) ?? []).join("\r\n") : digits;
  },
};

const QUOTED_PRINTABLE: TransferEncoding = {
  decode(text) {
    if (/=(?![0-9A-Fa-f]{2}|[ \t]*\r\n|[ \t]*$)/.test(text)) return undefined;
    return text
      .replace(/=[ \t]*(?:\r\n|$)/g, "")
      .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
  },
  encode(value) {
    const lines = value.split("\r\n");
    return lines.map(encodeQuotedLine).join("\r\n");
  },
};

/** Breaks before the line grows too long, never within an escape; a space at the end would be lost on the way. */
function encodeQuotedLine(line: string): string {
  const pieces: string[] = [];
  let length = 0;
  for (let i = 0; i < line.length; i++) {
    const char = line.charCodeAt(i);
    const isPlain = char >= 0x20 && char < 0x7f && char !== 0x3d;
    const isLastSpace = char === 0x20 && i === line.length - 1;
    const piece =
      isPlain && !isLastSpace
        ? line.charAt(i)
        : `=${(char & 0xff).toString(16).toUpperCase().padStart(2, "0")}`;
    if (length + piece.length >= LINE_CHARS) {
      pieces.push("=\r\n");
      length = 0;
    }
    pieces.push(piece);
    length += piece.length;
  }
  return pieces.join("");
}

/** `plain`: as it stands. Undefined: nobody knows how to undo it. */
export function transferEncoding(name: string): TransferEncoding | "plain" | undefined {
  switch (name.trim().toLowerCase()) {
    case "":
    case "7bit":
    case "8bit":
    case "binary":
      return "plain";
    case "base64":
      return BASE64;
    case "quoted-printable":
      return QUOTED_PRINTABLE;
    default:
      return undefined;
  }
}
