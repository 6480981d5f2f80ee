import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { ShadowtapError } from "../model/errors.ts";
import { readInputBytes } from "./config/input-file.ts";

/** Fewer could be guessed. */
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 4096;

/** A key as it crosses the IPC channel. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString("base64");
}

/**
 * The key that stand-ins are made with: the bytes of the file but for line ends behind them. Without a file one that nobody knows, so that stand-ins
 * of two runs cannot be joined. Throws ST_FILE_UNREADABLE.
 */
export function readRedactionKey(path: string | undefined): Uint8Array {
  if (path === undefined) return randomBytes(32);
  const bytes = readInputBytes("The redaction key", path, MAX_KEY_BYTES);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  if (end >= MIN_KEY_BYTES && bytes.length <= MAX_KEY_BYTES) return bytes.subarray(0, end);
  const fault =
    end < MIN_KEY_BYTES
      ? `holds ${end} bytes, and ${MIN_KEY_BYTES} are the fewest`
      : `holds more than ${MAX_KEY_BYTES} bytes`;
  throw new ShadowtapError("ST_FILE_UNREADABLE", `The redaction key ${path} ${fault}.`, [
    `Make one with \`openssl rand -hex 32 > ${path}\`.`,
  ]);
}

const LOOK_MS = 1_000;

/**
 * Calls back with the new key when the file has another one, and says so. A file that cannot be read, or holds no key, changes nothing: the
 * key that is in use stays. `key`: what the run began with.
 */
export function watchRedactionKey(
  path: string | undefined,
  key: Uint8Array,
  onKey: (key: Uint8Array) => void,
  say: (line: string) => void,
): Disposable {
  if (path === undefined) return { [Symbol.dispose]() {} };
  let inUse = key;
  let seen = "";
  const look = () => {
    const state = stateOf(path);
    if (state === seen) return;
    seen = state;
    try {
      const next = readRedactionKey(path);
      if (Buffer.compare(next, inUse) === 0) return;
      inUse = next;
      onKey(next);
      say(`The redaction key ${path} has changed: stand-ins are others from now on.`);
    } catch (error) {
      if (!(error instanceof ShadowtapError)) throw error;
      say(`${error.message} The key before stays in use.`);
    }
  };
  // By polling: editors and secret stores put another file in its place, which watching the file itself would miss.
  const timer = setInterval(look, LOOK_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** What changes when the file does. */
function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}
