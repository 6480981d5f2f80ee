import type { Target } from "../model/target.ts";

/** All targets of a run, each with the index it keeps: equal ones have the same, whichever rule or file names them. */
export interface TargetRegistry {
  indexOf(target: Target): number;
  readonly targets: readonly Target[];
  /** No rule names it any more; named again, the same target gets another index. */
  retire(index: number): void;
  /** Targets in use, by index. */
  active(): ReadonlyMap<number, Target>;
}

export function createTargetRegistry(): TargetRegistry {
  const targets: Target[] = [];
  const indices = new Map<string, number>();
  return {
    targets,
    indexOf(target) {
      const key = JSON.stringify(target);
      const known = indices.get(key);
      if (known !== undefined) return known;
      indices.set(key, targets.push(target) - 1);
      return targets.length - 1;
    },
    retire(index) {
      indices.delete(JSON.stringify(targets[index]));
    },
    active: () =>
      new Map(
        [...indices.values()].flatMap((index) => {
          const target = targets[index];
          return target === undefined ? [] : [[index, target] as const];
        }),
      ),
  };
}
