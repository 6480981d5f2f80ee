import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";

const LOOK_INTERVAL_MS = 60_000;
/** A collection takes some 15 ms of a heap as small as ours; less is not worth that. */
const GARBAGE_BYTES = 1024 * 1024;

/** What only a full collection frees: everything but the new space, and buffers outside of the heap. */
function oldBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  return used_heap_size - (young?.space_used_size ?? 0) + external_memory;
}

/**
 * Looks once a minute whether garbage has grown, and collects it. Left alone, V8 collects a heap that grows by 100 KiB a minute once in
 * hours, and buffers outside of it at 64 MiB: until then nobody can tell garbage from a leak. Does nothing where Node was started
 * without `--expose-gc`.
 */
export function collectGarbageRegularly(
  collect: (() => void) | undefined = globalThis.gc,
): Disposable {
  if (collect === undefined) return { [Symbol.dispose]() {} };
  let leastBytes = oldBytes();
  const timer = setInterval(() => {
    const nowBytes = oldBytes();
    leastBytes = Math.min(leastBytes, nowBytes);
    if (nowBytes - leastBytes < GARBAGE_BYTES) return;
    collect();
    leastBytes = oldBytes();
  }, LOOK_INTERVAL_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
