import { closeSync } from "node:fs";
import koffi from "koffi";
import { AttachError, type Attachment, attachedUntilClosed } from "./link.ts";

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int family, int type, int protocol)");
const setsockopt = libc.func(
  "int setsockopt(int fd, int level, int name, void *value, uint32_t length)",
);
const bind = libc.func("int bind(int fd, void *address, uint32_t length)");

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
const ETH_P_ALL = 3;

/**
 * Runs a socket filter over every packet of an interface of the current network namespace, or of all (index 0), packet(7). The
 * program must return 0: nothing reads the socket. It goes with this process, however that ends.
 */
export function attachPacketSocket(
  programFd: number,
  interfaceIndex: number,
  description: string,
): Attachment {
  // Protocol 0: it receives nothing before it is bound, so no packet passes without the filter.
  const fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new AttachError(description, koffi.errno());
  const fail = (): never => {
    const errno = koffi.errno();
    closeSync(fd);
    throw new AttachError(description, errno);
  };
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, Int32Array.of(programFd), 4) < 0) fail();
  // struct sockaddr_ll: family, protocol (network order), interface; the rest is not for binding.
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL);
  address.setInt32(4, interfaceIndex, true);
  if (bind(fd, new Uint8Array(address.buffer), 20) < 0) fail();
  return attachedUntilClosed(fd, description);
}
