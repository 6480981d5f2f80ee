import koffi from "koffi";
import { errnoName } from "./errno.ts";

const libc = koffi.load("libc.so.6");
const mmap = libc.func(
  "void *mmap(uintptr_t at, size_t length, int protection, int flags, int fd, int64_t offset)",
);

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

export const PAGE_BYTES = 4096;

/**
 * Maps `length` bytes of a file descriptor, shared. Writing a read-only mapping is a fatal signal, and a view must not
 * outlive its mapping, so nothing is ever unmapped: mappings last as long as the process.
 */
export function mapShared(
  fd: number,
  offset: number,
  length: number,
  access: "read" | "readwrite",
): ArrayBuffer {
  const protection = access === "read" ? PROT_READ : PROT_READ | PROT_WRITE;
  const address = mmap(0, length, protection, MAP_SHARED, fd, offset);
  if (koffi.address(address) === 0xffffffffffffffffn)
    throw new Error(`mmap of ${length} bytes failed: ${errnoName(koffi.errno())}`);
  return koffi.view(address, length);
}
