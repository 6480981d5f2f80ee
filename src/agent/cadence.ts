/** How often something is done that costs about the same however much it finds. */
interface Cadence {
  readonly busyMs: number;
  readonly quietMs: number;
  /** Fewer segments than this since the last time are quiet. */
  readonly fewSegments: number;
}

/** Returns whether it is due, to be asked after every look at the ring with what that found; the first time it is. */
export function createCadence({ busyMs, quietMs, fewSegments }: Cadence) {
  let segmentsSince = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return (segments: number, nowMs: number): boolean => {
    segmentsSince += segments;
    if (nowMs - lastMs < (segmentsSince < fewSegments ? quietMs : busyMs)) return false;
    segmentsSince = 0;
    lastMs = nowMs;
    return true;
  };
}
