/**
 * How often a busy ring is drained. Every tick costs a wake-up (35 µs and more on a virtual machine), so ticks are
 * as long as the promised delay allows, and shorter only while requests wait for answers on their own connection.
 */
const LONGEST_TICK_MS = 8;
/** While few segments come, a tick is as long as so many take: at a few hundred a second each finds its caches cold. */
const SEGMENTS_PER_TICK = 32;
/** What comes is averaged over this time: clients send in bursts, and between two of them there is nothing. */
const AVERAGING_MS = 200;
/** Longer would spare little more, and hand the shadow in ever larger bursts what came one by one. */
const LONGEST_SPARSE_TICK_MS = 160;
const GROWTH = 1.25;
/** Behind a long tick, answers that others wait for are looked for after this: most have come then, and caches are still warm. */
const HURRY_MS = 2;
const SHORTEST_TICK_MS = 1;
/** Being woken this often within the window costs so much more than ticking that promptness is no longer worth it. */
const WAKES = 16;
const WAKES_WINDOW_MS = 1_000;
/** When in so many ticks fewer segments came than this, being woken for each costs no more. */
const TICKS = 16;
const FEW_SEGMENTS_PER_MS = 0.008;

/** So many requests behind others mean that even the shortest tick is too long for them. */
const MANY_BLOCKED = 64;

/** When to look at the ring again. */
type Pause =
  /** After this long. */
  | { readonly kind: "tick"; readonly ms: number }
  /** After this long, or when the ring fills: so long a pause is too long for an upload that begins within it. */
  | { readonly kind: "sparse"; readonly ms: number }
  /** When an answer has come, after this long, or when the ring fills. */
  | { readonly kind: "answer"; readonly ms: number }
  /** When the kernel wakes us. */
  | { readonly kind: "wake" };

const WAKE: Pause = { kind: "wake" };
const ANSWER: Pause = { kind: "answer", ms: SHORTEST_TICK_MS };

function tick(ms: number): Pause {
  return { kind: ms > LONGEST_TICK_MS ? "sparse" : "tick", ms };
}

/** Decides, after each look at the ring, when to look again. */
export interface Pace {
  /** `segments`: how many the look found; `blocked`: how many requests wait for answers ahead of them. */
  next(segments: number, blocked: number, nowMs: number): Pause;
}

/** The next tick when nothing waits: somewhat longer, up to where it would delay more than it spares. */
function unhurried(tickMs: number, segmentsPerMs: number): number {
  if (tickMs < LONGEST_TICK_MS) return tickMs + 1;
  const wantedMs = Math.floor(SEGMENTS_PER_TICK / segmentsPerMs);
  const longestMs = Math.min(LONGEST_SPARSE_TICK_MS, Math.max(LONGEST_TICK_MS, wantedMs));
  return Math.min(longestMs, Math.ceil(tickMs * GROWTH));
}

export function createPace(): Pace {
  let isTicking = false;
  let tickMs = SHORTEST_TICK_MS;
  let wakes = 0;
  let windowStartMs = 0;
  let ticks = 0;
  let segmentsInTicks = 0;
  let segmentsPerMs = 0;
  let lastMs = 0;
  let isHurrying = false;

  /** The tick is shorter afterwards only if more comes: for those that wait it need not be. */
  function hurry(): Pause {
    tickMs = Math.min(tickMs, unhurried(tickMs, segmentsPerMs));
    isHurrying = !isHurrying;
    return isHurrying ? tick(HURRY_MS) : { kind: "answer", ms: tickMs };
  }

  return {
    next(segments, blocked, nowMs) {
      segmentsPerMs *= Math.max(0, 1 - (nowMs - lastMs) / AVERAGING_MS);
      segmentsPerMs += segments / AVERAGING_MS;
      lastMs = nowMs;
      if (!isTicking) {
        wakes++;
        if (nowMs - windowStartMs > WAKES_WINDOW_MS) {
          windowStartMs = nowMs;
          wakes = 1;
        }
        if (wakes < WAKES && blocked === 0) return WAKE;
        isTicking = true;
        tickMs = SHORTEST_TICK_MS;
        ticks = 0;
        segmentsInTicks = 0;
        windowStartMs = nowMs;
      }
      segmentsInTicks += segments;
      if (++ticks === TICKS) {
        const fewSegments = (nowMs - windowStartMs) * FEW_SEGMENTS_PER_MS;
        isTicking = segmentsInTicks > fewSegments || blocked > 0;
        ticks = 0;
        segmentsInTicks = 0;
        wakes = 0;
        windowStartMs = nowMs;
      }
      if (!isTicking) return WAKE;
      if (blocked > MANY_BLOCKED && tickMs === SHORTEST_TICK_MS) return ANSWER;
      if (blocked > 0 && tickMs > LONGEST_TICK_MS) return hurry();
      isHurrying = false;
      tickMs =
        blocked > 0 ? Math.max(SHORTEST_TICK_MS, tickMs >> 1) : unhurried(tickMs, segmentsPerMs);
      return tick(tickMs);
    },
  };
}
