/** The longest that a timer of Node waits: beyond it, it fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back after any time, however long. */
export function afterMs(ms: number, callBack: () => void): Disposable {
  const untilMs = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = untilMs - performance.now();
    timer =
      leftMs > LONGEST_MS
        ? setTimeout(wait, LONGEST_MS)
        : setTimeout(callBack, Math.max(0, leftMs));
  };
  wait();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
