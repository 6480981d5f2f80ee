import { ShadowtapError } from "../model/errors.ts";
import { effectiveCapabilities, mayChangeUser } from "./capabilities.ts";
import { findUser, type SystemUser } from "./system-user.ts";

/** The user and group `nobody`, the same numbers on every distribution that matters here. */
const NOBODY = 65534;
/** The highest number that stands for somebody. */
const HIGHEST_UID = 0xffff_fffe;

/**
 * Whom payload processes run as; undefined: whoever we are, because only root can become another. Throws when that cannot be
 * what was asked for.
 */
export function payloadUser(
  asked: string | undefined,
  ownUid: number = process.getuid?.() ?? 0,
  mayChange: boolean = mayChangeUser(effectiveCapabilities()),
): SystemUser | undefined {
  if (ownUid === 0 && !mayChange)
    throw new ShadowtapError(
      "ST_PERMISSION",
      "As root without CAP_SETUID and CAP_SETGID, payload could only be read as root.",
      [
        "Grant these two besides, or run the whole of shadowtap as another user, with its capabilities as ambient ones.",
      ],
    );
  if (asked === undefined) return ownUid === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
  const user = findUser(asked) ?? numbered(asked);
  if (user === undefined)
    throw new ShadowtapError("ST_USAGE", `--user ${asked}: there is no such user here.`, [
      "Name a user of this machine (`getent passwd`), or leave --user out: payload is then read as nobody.",
    ]);
  if (ownUid !== 0 && user.uid !== ownUid)
    throw new ShadowtapError(
      "ST_PERMISSION",
      `--user ${asked}: only root can start processes of another user, and this is user ${ownUid}.`,
      ["Leave --user out, or start shadowtap as root or as that user."],
    );
  if (ownUid !== 0) return undefined;
  if (user.uid === 0)
    throw new ShadowtapError("ST_USAGE", `--user ${asked} is root, who must not read payload.`, [
      "Name a user without privileges, or leave --user out: payload is then read as nobody.",
    ]);
  return user;
}

/** A number that has no entry, such as one of a container: it gets no group of this machine's. */
function numbered(asked: string): SystemUser | undefined {
  const uid = /^\d+$/.test(asked) ? Number(asked) : Number.NaN;
  return uid <= HIGHEST_UID ? { uid, gid: NOBODY } : undefined;
}

/**
 * Gives up root for good: groups, group, user, in this order, in all threads (glibc sees to that), and with them every
 * capability.
 */
export function dropPrivileges(user: SystemUser | undefined): void {
  if (user === undefined) return;
  process.setgroups?.([]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
}
