import type { RefusalReason } from "../../model/redaction.ts";
import { isReadableCharset } from "../content/content-type.ts";
import { type Parameter, parseParameters, quoteParameter } from "../content/parameters.ts";
import { Edits } from "./edits.ts";
import { multipartFrame, type PartFrame } from "./multipart-frame.ts";
import { type HeaderLine, type PartHead, parsePartHead } from "./multipart-head.ts";
import { decodePercent, encodePercent } from "./percent.ts";
import type { FormPlace, Rewritten, Visit } from "./rewrite.ts";
import { transferEncoding } from "./transfer-encoding.ts";

/** Parameters of Content-Type that say how a part is read. */
const READING: ReadonlySet<string> = new Set(["boundary", "charset"]);

/** Rewrites the body of a part by its own Content-Type. */
export type RewriteNested = (contentType: string, body: string) => Rewritten;

/** Lines that are not shown: they say how a part is read and hold nothing else, or are refused. */
const STRUCTURE: ReadonlySet<string> = new Set([
  "content-type",
  "content-transfer-encoding",
  "content-encoding",
]);

/**
 * Rewrites a multipart body, RFC 2046 and 7578: names, file names and header lines of parts, and their bodies, files too. What stands
 * before the first part and behind the last is shown as a value without name. Whatever readers could understand in different ways is refused.
 */
export function rewriteMultipart(
  text: string,
  boundary: string,
  visit: Visit<FormPlace>,
  nested: RewriteNested,
): Rewritten {
  const frame = multipartFrame(text, boundary);
  if (frame === undefined) return refused("unparsable");
  const edits = new Edits();
  const rewriter = createPartRewriter(text, `--${boundary}`, edits, visit, nested);
  rewriter.loose(0, frame.preambleEnd);
  for (const part of frame.parts) {
    const reason = rewriter.part(part);
    if (reason !== undefined) return refused(reason);
  }
  rewriter.loose(frame.epilogueStart, text.length);
  return rewriter.isBroken() ? refused("unparsable") : { kind: "text", text: edits.apply(text) };
}

function refused(reason: RefusalReason): Rewritten {
  return { kind: "refused", reason };
}

interface PartRewriter {
  /** Text outside of all parts. */
  loose(start: number, end: number): void;
  part(part: PartFrame): RefusalReason | undefined;
  /** A stand-in holds the delimiter: nobody could tell where its part ends. */
  isBroken(): boolean;
}

function createPartRewriter(
  text: string,
  dash: string,
  edits: Edits,
  visit: Visit<FormPlace>,
  nested: RewriteNested,
): PartRewriter {
  let isBroken = false;

  function replace(start: number, end: number, replacement: string): void {
    if (replacement.includes(dash)) isBroken = true;
    edits.replace(start, end, replacement);
  }

  function show(
    value: string,
    name: string,
    about: Partial<Omit<FormPlace, "kind" | "name">> = {},
  ): string | undefined {
    return visit(
      { kind: "form", name, isName: false, header: undefined, contentType: undefined, ...about },
      value,
    );
  }

  /** A parameter of Content-Disposition. */
  function parameter(line: HeaderLine, name: string, found: Parameter): RefusalReason | undefined {
    const isExtended = found.name.endsWith("*");
    const value = isExtended ? extendedValue(found.value) : found.value;
    if (value === undefined) return "unknown_encoding";
    const standIn = show(value, name, { header: line.name });
    const end = line.valueStart + found.end;
    if (standIn === undefined) replace(line.valueStart + found.start, end, "");
    else if (standIn !== value)
      replace(
        line.valueStart + found.valueStart,
        end,
        isExtended
          ? `UTF-8''${encodePercent(standIn).replaceAll("*", "%2A")}`
          : quoteParameter(standIn),
      );
    return undefined;
  }

  /** False: the part is to be removed with its name. */
  function partName(line: HeaderLine, found: Parameter): boolean {
    const standIn = show(found.value, found.value, { isName: true });
    if (standIn === undefined) return false;
    if (standIn !== found.value)
      replace(
        line.valueStart + found.valueStart,
        line.valueStart + found.end,
        quoteParameter(standIn),
      );
    return true;
  }

  /** Whether a type has a parameter that says nothing of how the part is read, such as its name in mails, and is not to stay. */
  function holdsData(line: HeaderLine, name: string): boolean {
    const parameters = parseParameters(line.value, line.value.split(";", 1)[0]?.length ?? 0) ?? [];
    return parameters.some(
      ({ name: parameterName, value }) =>
        !READING.has(parameterName) && show(value, name, { header: line.name }) !== value,
    );
  }

  /** `removed`: the part is to be removed. */
  function head(parsed: PartHead): RefusalReason | "removed" | undefined {
    const name = parsed.name ?? "";
    for (const line of parsed.lines) {
      if (line.name === "content-disposition") {
        for (const found of parsed.disposition) {
          if (found.name === "name") {
            if (!partName(line, found)) return "removed";
            continue;
          }
          const reason = parameter(line, name, found);
          if (reason !== undefined) return reason;
        }
      } else if (line.name === "content-type") {
        if (holdsData(line, name)) return "unparsable";
      } else if (!STRUCTURE.has(line.name)) {
        const standIn = show(line.value, name, { header: line.name });
        if (standIn === undefined) replace(line.start, line.end, "");
        else if (standIn !== line.value)
          replace(line.valueStart, line.valueEnd, standIn.replace(/[\r\n]+/g, " "));
      }
    }
    return undefined;
  }

  function body(part: PartFrame, parsed: PartHead): RefusalReason | "removed" | undefined {
    const name = parsed.name ?? "";
    const written = part.bodyStart > part.bodyEnd ? "" : text.slice(part.bodyStart, part.bodyEnd);
    const encoding = transferEncoding(parsed.transferEncoding);
    const isCoded = !["", "identity"].includes(parsed.contentEncoding.toLowerCase());
    if (encoding === undefined || isCoded) return "unknown_encoding";
    const value = encoding === "plain" ? written : encoding.decode(written);
    if (value === undefined) return "unparsable";
    const { contentType } = parsed;
    let standIn = show(value, name, { contentType });
    if (standIn === value && contentType !== undefined) {
      const inner = nested(contentType, value);
      if (inner.kind === "refused") return inner.reason;
      standIn = inner.text;
    }
    if (standIn !== undefined && standIn !== value)
      standIn = encoding === "plain" ? standIn : encoding.encode(standIn, written);
    // Many servers do not undo these encodings: to them the value is what is written.
    else if (standIn !== undefined) standIn = encoding === "plain" ? written : show(written, name);
    if (standIn === undefined) return "removed";
    if (standIn === written) return undefined;
    const hasBody = part.bodyStart <= part.bodyEnd;
    if (hasBody) replace(part.bodyStart, part.bodyEnd, standIn);
    else replace(part.bodyStart, part.bodyStart, `${standIn}\r\n`);
    return undefined;
  }

  return {
    loose(start, end) {
      const value = text.slice(start, end);
      if (!/[^ \t\r\n]/.test(value)) return;
      const standIn = show(value, "");
      if (standIn !== value) replace(start, end, standIn ?? "");
    },
    part(part) {
      const parsed = parsePartHead(text, part.headStart, part.headEnd);
      if (parsed === undefined) return "unparsable";
      const editsBefore = edits.count;
      const outcome = head(parsed) ?? body(part, parsed);
      if (outcome !== "removed") return outcome;
      edits.truncate(editsBefore);
      edits.replace(part.start, part.end, "");
      return undefined;
    },
    isBroken: () => isBroken,
  };
}

/** `UTF-8'en'%e2%82%ac`, RFC 8187; undefined: another character set, or no such value. */
function extendedValue(value: string): string | undefined {
  const [charset, , ...rest] = value.split("'");
  if (charset === undefined || rest.length !== 1 || !isReadableCharset(charset.toLowerCase()))
    return undefined;
  return decodePercent(rest[0] ?? "", false);
}
