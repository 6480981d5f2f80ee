/** The user and group `nobody`, the same numbers on every distribution that matters here. */
const NOBODY = 65534;

/**
 * Gives up root for good: groups, group, user, in this order, in all threads (glibc sees to that), and with them every
 * capability. Does nothing for a process that is not root.
 */
export function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
