import { CHAR_CLASS, CharClass, CR, HT, LF } from "./char-class.ts";

const State = {
  sizeStart: 0,
  size: 1,
  extensionNameStart: 2,
  extensionName: 3,
  extensionValueStart: 4,
  extensionToken: 5,
  extensionQuoted: 6,
  extensionQuotedPair: 7,
  extensionQuotedEnd: 8,
  sizeLf: 9,
  data: 10,
  dataCr: 11,
  dataLf: 12,
  trailerStart: 13,
  trailerName: 14,
  trailerValue: 15,
  trailerLf: 16,
  endLf: 17,
  done: 18,
  fault: 19,
} as const;

const MAX_SIZE_DIGITS = 16;
const MAX_EXTENSION_BYTES = 4096;
const MAX_TRAILER_BYTES = 65536;
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5 | 0;

/** FNV-1a of a lower-case field name: enough to know the few names below without holding a name. */
function nameHash(name: string): number {
  let hash = FNV_BASIS;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  return hash;
}

/** Fields that frame a message or decide about its connection have no business in a trailer, RFC 9110 section 6.5.1. */
const FORBIDDEN_TRAILERS: readonly number[] = [
  "content-length",
  "transfer-encoding",
  "connection",
  "proxy-connection",
  "keep-alive",
  "upgrade",
].map(nameHash);

/**
 * Finds the end of a chunked body, RFC 9112 section 7.1, byte by byte where it must and in strides through the data. It
 * keeps no bytes: framing, extensions and trailers belong to the body that is handed on.
 *
 * Stricter than Node's parser: sizes of more than 16 digits, extensions of more than 4 KiB a chunk, an empty extension value, and
 * trailers that would frame the message are faults.
 */
export class ChunkedBody {
  private state: number = State.sizeStart;
  private size = 0;
  /** Digits of the size, bytes of the extensions, or bytes of the trailers so far. */
  private run = 0;
  private hash = 0;

  get isDone(): boolean {
    return this.state === State.done;
  }

  get isFaulty(): boolean {
    return this.state === State.fault;
  }

  /** Makes it ready for another body. */
  reset(): void {
    this.state = State.sizeStart;
    this.size = 0;
    this.run = 0;
  }

  /** Takes `bytes[start … end)`; returns the end of the body when it `isDone`, else `end` (or where it found a fault). */
  scan(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.state < State.done) {
      if (this.state === State.data) {
        const taken = Math.min(this.size, end - at);
        at += taken;
        this.size -= taken;
        if (this.size === 0) this.state = State.dataCr;
        continue;
      }
      this.state = this.step(bytes[at] as number);
      if (this.state !== State.fault) at++;
    }
    return at;
  }

  private step(byte: number): number {
    switch (this.state) {
      case State.sizeStart:
      case State.size:
        return this.stepSize(byte);
      case State.sizeLf:
        if (byte !== LF) return State.fault;
        this.run = 0;
        return this.size > 0 ? State.data : State.trailerStart;
      case State.dataCr:
        return byte === CR ? State.dataLf : State.fault;
      case State.dataLf:
        return byte === LF ? State.sizeStart : State.fault;
      case State.trailerStart:
      case State.trailerName:
      case State.trailerValue:
      case State.trailerLf:
      case State.endLf:
        return ++this.run > MAX_TRAILER_BYTES ? State.fault : this.stepTrailer(byte);
      default:
        return ++this.run > MAX_EXTENSION_BYTES ? State.fault : this.stepExtension(byte);
    }
  }

  private stepSize(byte: number): number {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (this.state === State.sizeStart) {
        this.size = 0;
        this.run = 0;
      }
      this.size = this.size * 16 + digit;
      const isTooLarge = ++this.run > MAX_SIZE_DIGITS || this.size > Number.MAX_SAFE_INTEGER;
      return isTooLarge ? State.fault : State.size;
    }
    if (this.state === State.sizeStart) return State.fault;
    this.run = 0;
    return endOfElement(byte);
  }

  /** `;name`, `;name=token` or `;name="quoted"`, without white space. */
  private stepExtension(byte: number): number {
    const kind = CHAR_CLASS[byte] as number;
    const isToken = (kind & CharClass.token) !== 0;
    switch (this.state) {
      case State.extensionNameStart:
        return isToken ? State.extensionName : State.fault;
      case State.extensionName:
        if (isToken) return State.extensionName;
        return byte === 0x3d ? State.extensionValueStart : endOfElement(byte);
      case State.extensionValueStart:
        if (byte === 0x22) return State.extensionQuoted;
        return isToken ? State.extensionToken : State.fault;
      case State.extensionToken:
        return isToken ? State.extensionToken : endOfElement(byte);
      case State.extensionQuoted:
        if (byte === 0x22) return State.extensionQuotedEnd;
        if (byte === 0x5c) return State.extensionQuotedPair;
        return (kind & CharClass.value) !== 0 ? State.extensionQuoted : State.fault;
      case State.extensionQuotedPair:
        return (kind & CharClass.value) !== 0 ? State.extensionQuoted : State.fault;
      default:
        return endOfElement(byte);
    }
  }

  private stepTrailer(byte: number): number {
    const kind = CHAR_CLASS[byte] as number;
    switch (this.state) {
      case State.trailerStart:
        if (byte === CR) return State.endLf;
        if ((kind & CharClass.token) === 0) return State.fault;
        this.hash = FNV_BASIS;
        this.hashName(byte);
        return State.trailerName;
      case State.trailerName:
        if ((kind & CharClass.token) !== 0) {
          this.hashName(byte);
          return State.trailerName;
        }
        if (byte !== 0x3a || FORBIDDEN_TRAILERS.includes(this.hash)) return State.fault;
        return State.trailerValue;
      case State.trailerValue:
        if (byte === CR) return State.trailerLf;
        return (kind & CharClass.value) !== 0 || byte === HT ? State.trailerValue : State.fault;
      case State.trailerLf:
        return byte === LF ? State.trailerStart : State.fault;
      default:
        return byte === LF ? State.done : State.fault;
    }
  }

  private hashName(byte: number): void {
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    this.hash = Math.imul(this.hash ^ lower, FNV_PRIME);
  }
}

/** What may follow a size or an extension: another extension, or the end of the line. */
function endOfElement(byte: number): number {
  if (byte === 0x3b) return State.extensionNameStart;
  return byte === CR ? State.sizeLf : State.fault;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
