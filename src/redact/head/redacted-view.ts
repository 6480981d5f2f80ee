import { type BodyFraming, FIELD_STRIDE, type RequestView } from "../../model/request.ts";

/** In place of a new value: the whole field goes. */
export const DROPPED: Uint8Array = new Uint8Array(0);

/** A rewritten head is at most as long as this, or as it was. */
const MAX_HEAD_BYTES = 65536;
/** Room for a Content-Length field. */
const SPARE_BYTES = 64;
/** Below this a loop is faster than a call of native code. */
const MIN_NATIVE_BYTES = 32;

/** What is to be another than in the request. */
export interface Changes {
  /** Per field: its new value, DROPPED, or undefined where it stays. */
  readonly values: readonly (Uint8Array | undefined)[];
  readonly target: Uint8Array | undefined;
  /** The new body, which is sent with Content-Length; undefined: the bytes of the request stay. */
  readonly body: Uint8Array | undefined;
}

/**
 * A request rewritten into bytes of its own, which are used again for the next one. A class, so that it has one hidden class and is refilled
 * without allocating.
 */
export class RedactedView implements RequestView {
  bytes: Uint8Array = new Uint8Array(16384);
  readonly start = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  lineEnd = 0;
  headEnd = 0;
  bodyEnd = 0;
  method = "";
  minorVersion: 0 | 1 = 1;
  fields: Int32Array = new Int32Array(64 * FIELD_STRIDE);
  fieldCount = 0;
  framing: BodyFraming = "none";
  contentLength = 0;
  timeNs = 0;
  sample = -1;

  /** False: the head became too long. */
  rebuild(request: RequestView, changes: Changes): boolean {
    const { bytes, start, headEnd, fieldCount } = request;
    const { values, target, body } = changes;
    let headBytes = headEnd - start + (target?.length ?? 0) + SPARE_BYTES;
    for (let i = 0; i < fieldCount; i++) headBytes += values[i]?.length ?? 0;
    const bodyBytes = body?.length ?? request.bodyEnd - headEnd;
    this.reserve(headBytes + bodyBytes, fieldCount + 1);

    this.method = request.method;
    this.minorVersion = request.minorVersion;
    this.timeNs = request.timeNs;
    this.sample = request.sample;
    this.methodEnd = request.methodEnd - start;
    this.targetStart = request.targetStart - start;

    const runStart = this.writeLine(request, target);
    let at = this.writeFields(request, values, runStart);
    if (body === undefined) {
      this.framing = request.framing;
      this.contentLength = request.contentLength;
    } else {
      at = this.writeLength(at, body.length);
    }
    const fieldsEnd = fieldsEndOf(request);
    this.headEnd = copy(bytes, fieldsEnd, headEnd, this.bytes, at);
    this.bodyEnd =
      body === undefined
        ? copy(bytes, headEnd, request.bodyEnd, this.bytes, this.headEnd)
        : copy(body, 0, body.length, this.bytes, this.headEnd);
    return this.headEnd <= MAX_HEAD_BYTES || this.headEnd <= headEnd - start;
  }

  private reserve(bytes: number, fields: number): void {
    if (this.bytes.length < bytes) this.bytes = new Uint8Array(bytes * 2);
    if (this.fields.length < fields * FIELD_STRIDE)
      this.fields = new Int32Array(fields * 2 * FIELD_STRIDE);
  }

  /** Writes the request line but for what the first run of fields brings along; returns where in the request that begins. */
  private writeLine(request: RequestView, target: Uint8Array | undefined): number {
    const { bytes, start, targetStart, targetEnd, lineEnd } = request;
    if (target === undefined) {
      this.targetEnd = targetEnd - start;
      this.lineEnd = lineEnd - start;
      return start;
    }
    const at = copy(bytes, start, targetStart, this.bytes, 0);
    this.targetEnd = copy(target, 0, target.length, this.bytes, at);
    this.lineEnd = this.targetEnd + (lineEnd - targetEnd);
    return targetEnd;
  }

  /** What stays is copied in runs as long as they come; returns where the fields end. */
  private writeFields(
    request: RequestView,
    values: readonly (Uint8Array | undefined)[],
    from: number,
  ): number {
    const { bytes, fields, fieldCount } = request;
    const out = this.fields;
    let runStart = from;
    let at = this.lineEnd - (request.lineEnd - from);
    let kept = 0;
    for (let i = 0; i < fieldCount; i++) {
      const slot = i * FIELD_STRIDE;
      const nameStart = fields[slot] as number;
      const value = values[i];
      if (value === DROPPED) {
        at = copy(bytes, runStart, nameStart, this.bytes, at);
        runStart =
          i + 1 < fieldCount ? (fields[slot + FIELD_STRIDE] as number) : fieldsEndOf(request);
        continue;
      }
      const shift = at - runStart;
      const valueStart = fields[slot + 2] as number;
      const outSlot = kept++ * FIELD_STRIDE;
      out[outSlot] = nameStart + shift;
      out[outSlot + 1] = (fields[slot + 1] as number) + shift;
      out[outSlot + 2] = valueStart + shift;
      out[outSlot + 3] = (fields[slot + 3] as number) + shift;
      if (value === undefined) continue;
      at = copy(bytes, runStart, valueStart, this.bytes, at);
      at = copy(value, 0, value.length, this.bytes, at);
      out[outSlot + 3] = at;
      runStart = fields[slot + 3] as number;
    }
    this.fieldCount = kept;
    return copy(bytes, runStart, fieldsEndOf(request), this.bytes, at);
  }

  private writeLength(from: number, length: number): number {
    const text = `Content-Length: ${length}\r\n`;
    for (let i = 0; i < text.length; i++) this.bytes[from + i] = text.charCodeAt(i);
    const slot = this.fieldCount++ * FIELD_STRIDE;
    this.fields[slot] = from;
    this.fields[slot + 1] = from + 14;
    this.fields[slot + 2] = from + 16;
    this.fields[slot + 3] = from + text.length - 2;
    this.framing = "length";
    this.contentLength = length;
    return from + text.length;
  }
}

const CR = 0x0d;

/** Where the empty line begins. */
function fieldsEndOf({ bytes, headEnd }: RequestView): number {
  return headEnd - (bytes[headEnd - 2] === CR ? 2 : 1);
}

/** Copies `from[start … end)`; returns where it ends. */
function copy(from: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const count = end - start;
  if (count < MIN_NATIVE_BYTES) {
    for (let i = 0; i < count; i++) out[at + i] = from[start + i] as number;
  } else {
    out.set(from.subarray(start, end), at);
  }
  return at + count;
}
