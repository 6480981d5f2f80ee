import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock, unlock } from "../../kernel/file-lock.ts";
import type { AuditEntry } from "../../model/audit.ts";
import { type AuditLink, sealEntry, sha256 } from "./chain.ts";
import { openTrailFile } from "./open-file.ts";
import { readTail } from "./tail.ts";

const LOCK_RETRY_MS = 5;
/** Nobody holds the lock for longer than a disk takes to make an entry durable. */
const LOCK_TIMEOUT_MS = 10_000;

/** A trail on disk. Several processes may append to one at a time. */
export interface TrailFile {
  /**
   * Appends one entry behind whatever stands there now. What was cut off at the end is set aside first. Rejects when it cannot be
   * written; then nothing of it counts.
   */
  append(entry: AuditEntry): Promise<Appended>;
  close(): Promise<void>;
}

/** An entry that stands in the file, with its hash. */
interface Appended {
  readonly hash: string;
  /** Why the disk could not be made to keep it, if it could not. */
  readonly unsafe: unknown;
}

/** Where the file ended when we last wrote; while its size is the same, so is its end. */
interface KnownEnd {
  readonly size: number;
  readonly next: AuditLink;
}

/** Rejects with ShadowtapError when the file cannot be opened, or not be trusted. */
export async function openTrail(path: string): Promise<TrailFile> {
  const file = await openTrailFile(path);
  let known: KnownEnd | undefined;

  const write = async (text: string): Promise<number> => {
    const bytes = Buffer.from(text);
    // A disk that fills up takes a part, and says why it took no more when it is asked again.
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
      if (bytesWritten === 0) throw Object.assign(new Error("Nothing was taken."), { code: "EIO" });
      done += bytesWritten;
    }
    return bytes.length;
  };

  /** Makes the end one that an entry can follow. */
  const settle = async (entry: AuditEntry): Promise<KnownEnd & { readonly before: string }> => {
    const { size } = await file.stat();
    if (known?.size === size) return { ...known, before: "" };
    const tail = await readTail(file, path);
    const { torn, isOpen, isTornOpen } = tail;
    // Somebody has shortened it under us: going on from where we were, the chain says so.
    const next = known !== undefined && size < known.size ? known.next : tail.next;
    const feed = isOpen ? "\n" : "";
    if (torn.length === 0) return { size: tail.size, next, before: feed };
    const { line, hash } = sealEntry(next, {
      time: new Date().toISOString(),
      run: entry.run,
      event: "torn",
      bytes: torn.length,
      sha256: sha256(torn),
    });
    const written = await write(`${isTornOpen ? "\n" : feed}${line}\n`);
    return { size: tail.size + written, next: { seq: next.seq + 1, prev: hash }, before: "" };
  };

  return {
    async append(entry) {
      await lock(file);
      try {
        const end = await settle(entry);
        known = undefined;
        const { line, hash } = sealEntry(end.next, entry);
        const written = await write(`${end.before}${line}\n`);
        known = { size: end.size + written, next: { seq: end.next.seq + 1, prev: hash } };
        const unsafe = await file.sync().catch((error: unknown) => error);
        return { hash, unsafe };
      } finally {
        unlock(file.fd);
      }
    },
    close: () => file.close(),
  };
}

async function lock(file: FileHandle): Promise<void> {
  const untilMs = performance.now() + LOCK_TIMEOUT_MS;
  while (!tryLock(file.fd)) {
    if (performance.now() > untilMs)
      throw Object.assign(new Error("Another process holds the audit trail."), { code: "EBUSY" });
    await sleep(LOCK_RETRY_MS);
  }
}
