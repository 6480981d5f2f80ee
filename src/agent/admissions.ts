import type { KeeperMessage, PayloadMessage } from "./messages.ts";

/** What a payload process asks before it connects: which addresses of a name copies may go to. */
export interface Admissions {
  /** Resolves with those that the keeper admits, which may be none. */
  ask(targetIndex: number, addresses: readonly string[]): Promise<readonly string[]>;
  answer(message: Extract<KeeperMessage, { kind: "admitted" }>): void;
}

export function createAdmissions(tell: (message: PayloadMessage) => void): Admissions {
  const waiting = new Map<number, (addresses: readonly string[]) => void>();
  let asked = 0;
  return {
    ask: (targetIndex, addresses) =>
      new Promise((resolve) => {
        const id = ++asked;
        waiting.set(id, resolve);
        tell({ kind: "resolved", id, targetIndex, addresses });
      }),
    answer({ id, addresses }) {
      waiting.get(id)?.(addresses);
      waiting.delete(id);
    },
  };
}
