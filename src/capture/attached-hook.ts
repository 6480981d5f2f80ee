import type { Attachment } from "../kernel/link.ts";

/** The programs of a hook, attached. Disposing detaches them. */
export interface AttachedHook extends Disposable {
  /** What is attached now, one line each. */
  readonly attachments: readonly string[];
  /**
   * Attaches to interfaces that have come up since, and lets go of those that have gone, where that is the hook's business. Returns,
   * once each, those that refused, with the reason.
   */
  follow(): readonly string[];
}

/** Attached to what sees everything that comes later, too. */
export function attachedOnce(attachments: readonly Attachment[]): AttachedHook {
  return {
    attachments: attachments.map(({ description }) => description),
    follow: () => [],
    [Symbol.dispose]() {
      for (const attachment of attachments) attachment[Symbol.dispose]();
    },
  };
}
