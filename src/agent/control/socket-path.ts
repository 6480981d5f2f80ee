import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { codeOf } from "../../model/errors.ts";

/** Where runs have their admin sockets unless they are told otherwise; nobody but root may look into it. */
export const CONTROL_DIRECTORY = "/run/shadowtap";

/** A socket of this directory: which process made it is in its name. */
export interface RunSocket {
  readonly path: string;
  readonly pid: number;
}

/** The directory's sockets by pid, dead ones included. Throws what the file system says. */
export function listSockets(directory: string): readonly RunSocket[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const pid = /^([1-9]\d*)\.sock$/.exec(name)?.[1];
      return pid === undefined ? [] : [{ path: join(directory, name), pid: Number(pid) }];
    })
    .sort((left, right) => left.pid - right.pid);
}

/** Bytes of a path that the kernel takes, less one. */
const MAX_PATH_BYTES = 107;

/** Throws what bind(2) would: Node would cut the path and bind another one. */
export function requireShort(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw Object.assign(new Error(`The path is too long: ${path}`), { code: "ENAMETOOLONG" });
}

/** Connects, or rejects with what connect(2) says. */
export function connectTo(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path });
  socket.once("error", reject);
  socket.once("connect", () => {
    socket.off("error", reject);
    resolve(socket);
  });
  return promise;
}

/** Whether nobody listens there any more: what bound it has died without removing it. */
export async function isDead(path: string): Promise<boolean> {
  try {
    const socket = await connectTo(path);
    socket.destroy();
    return false;
  } catch (error) {
    return codeOf(error) === "ECONNREFUSED";
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Removes the socket at `path` if nobody listens there. Nothing else is ever removed. */
export async function removeDead(path: string): Promise<void> {
  if (isSocket(path) && (await isDead(path))) rmSync(path, { force: true });
}

/** Makes the default directory and removes from it what runs that were killed have left. Returns this process's path. */
export async function prepareDirectory(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const { path } of listSockets(directory)) await removeDead(path);
  return join(directory, `${process.pid}.sock`);
}
