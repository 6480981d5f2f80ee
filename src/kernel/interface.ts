import { closeSync } from "node:fs";
import koffi from "koffi";
import { errnoName } from "./errno.ts";

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int family, int type, int protocol)");
const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *argument)");

const AF_INET = 2;
const SOCK_DGRAM = 2;
/** include/uapi/linux/sockios.h */
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
/** struct ifreq, netdevice(7): a name, then what was asked for. */
const IFREQ_BYTES = 40;
const IFREQ_VALUE = 16;
const IFF_UP = 1;

export interface InterfaceFacts {
  readonly index: number;
  readonly isUp: boolean;
  /** ARPHRD_…, include/uapi/linux/if_arp.h */
  readonly hardwareType: number;
}

/** Asks the current network namespace about an interface; undefined if it has none of that name. */
export function interfaceFacts(name: string): InterfaceFacts | undefined {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw new Error(`socket failed: ${errnoName(koffi.errno())}`);
  const request = Buffer.alloc(IFREQ_BYTES);
  const ask = (what: number) => {
    request.fill(0);
    request.write(name, 0, IFREQ_VALUE - 1, "latin1");
    return ioctl(fd, what, request) >= 0;
  };
  try {
    if (!ask(SIOCGIFINDEX)) return undefined;
    const index = request.readInt32LE(IFREQ_VALUE);
    const isUp = ask(SIOCGIFFLAGS) && (request.readUInt16LE(IFREQ_VALUE) & IFF_UP) !== 0;
    const hardwareType = ask(SIOCGIFHWADDR) ? request.readUInt16LE(IFREQ_VALUE) : 0;
    return { index, isUp, hardwareType };
  } finally {
    closeSync(fd);
  }
}
