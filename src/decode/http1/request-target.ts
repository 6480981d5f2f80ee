import { CharClass, runEnd } from "./char-class.ts";

const COLON = 0x3a;
const SLASH = 0x2f;

/** The four forms of a request target, RFC 9112 section 3.2; its bytes are known to be visible ASCII. */
export function isTarget(
  bytes: Uint8Array,
  start: number,
  end: number,
  isConnect: boolean,
): boolean {
  const first = bytes[start];
  if (isConnect) return runEnd(bytes, start, end, CharClass.authority) === end && start < end;
  if (first === SLASH) return true;
  if (first === 0x2a) return end - start === 1;
  const at = runEnd(bytes, start, end, CharClass.alpha);
  if (at === start || end - at < 4) return false;
  if (bytes[at] !== COLON || bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) return false;
  const hostStart = at + 3;
  const hostEnd = runEnd(bytes, hostStart, end, CharClass.authority);
  if (hostEnd === hostStart) return false;
  return hostEnd === end || bytes[hostEnd] === SLASH || bytes[hostEnd] === 0x3f;
}
