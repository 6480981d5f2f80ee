import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import koffi from "koffi";
import { watchDescriptor } from "../../../src/kernel/libc.ts";
import { withinNamespace } from "../../../src/kernel/network-namespace.ts";
import type { Host } from "../lab.ts";

const ioctl = koffi
  .load("libc.so.6")
  .func("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)");

export const TUN_DEVICE = "/dev/net/tun";
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** struct ifreq: a name of 16 bytes, then the flags. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;

/** struct virtio_net_hdr: flags, type of segmentation, then five numbers of 16 bits. */
const VNET_BYTES = 10;
const NEEDS_CHECKSUM = 1;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
/** In a TCP header. */
export const TCP_CHECKSUM_AT = 16;

const LARGEST_PACKET = 65_535 + VNET_BYTES;

/** What the kernel is told of a packet that is larger than the segments it stands for. */
interface LargePacket {
  readonly isV6: boolean;
  readonly headerBytes: number;
  readonly tcpAt: number;
  readonly segmentBytes: number;
}

/** An interface whose other end is this process: bare IP packets in and out. */
export interface Tun extends Disposable {
  /** Puts a packet on the wire. Its checksums are looked at by the kernel, but for a `large` one. */
  write(packet: Uint8Array, large?: LargePacket): void;
}

function vnetHeader(large: LargePacket | undefined): Buffer {
  const header = Buffer.alloc(VNET_BYTES);
  if (large === undefined) return header;
  header[0] = NEEDS_CHECKSUM;
  header[1] = large.isV6 ? GSO_TCPV6 : GSO_TCPV4;
  header.writeUInt16LE(large.headerBytes, 2);
  header.writeUInt16LE(large.segmentBytes, 4);
  header.writeUInt16LE(large.tcpAt, 6);
  header.writeUInt16LE(TCP_CHECKSUM_AT, 8);
  return header;
}

/** Makes the interface in a machine of the lab; `onPacket` may keep nothing of what it is given. */
export function openTun(host: Host, name: string, onPacket: (packet: Buffer) => void): Tun {
  const fd = withinNamespace(host.netnsPath, () => {
    const opened = openSync(TUN_DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name, 0, NAME_BYTES - 1, "latin1");
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, NAME_BYTES);
    if (ioctl(opened, TUNSETIFF, request) < 0)
      throw new Error(`TUNSETIFF ${name}: errno ${koffi.errno()}`);
    return opened;
  });
  const buffer = Buffer.alloc(LARGEST_PACKET);
  const watch = watchDescriptor(fd);
  watch.start(() => {
    for (let bytes = read(fd, buffer); bytes > VNET_BYTES; bytes = read(fd, buffer))
      onPacket(buffer.subarray(VNET_BYTES, bytes));
  });
  return {
    write(packet, large) {
      writeSync(fd, Buffer.concat([vnetHeader(large), packet]));
    },
    [Symbol.dispose]() {
      watch.stop();
      watch.close();
      closeSync(fd);
    },
  };
}

/** 0 when nothing waits. */
function read(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
