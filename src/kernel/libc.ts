import koffi from "koffi";

/**
 * The C library's calls that Node has no equivalent for. Memory is passed by address (`addressOf`), as a plain number:
 * measured, that is the cheapest way through koffi, and it lets one buffer be used at any offset. A call that fails
 * returns -1; `errno()` says why and must be read before the next call.
 */
const libc = koffi.load(null);

type Call<Args extends readonly number[]> = (...args: Args) => number;

export const socket: Call<[domain: number, type: number, protocol: number]> = libc.func(
  "int socket(int domain, int type, int protocol)",
);
export const connect: Call<[fd: number, address: number, bytes: number]> = libc.func(
  "int connect(int fd, uintptr_t address, uint32_t bytes)",
);
export const getsockopt: Call<
  [fd: number, level: number, name: number, value: number, bytes: number]
> = libc.func("int getsockopt(int fd, int level, int name, uintptr_t value, uintptr_t bytes)");
export const setsockopt: Call<
  [fd: number, level: number, name: number, value: number, bytes: number]
> = libc.func("int setsockopt(int fd, int level, int name, uintptr_t value, uint32_t bytes)");
export const getsockname: Call<[fd: number, address: number, bytes: number]> = libc.func(
  "int getsockname(int fd, uintptr_t address, uintptr_t bytes)",
);
export const getpeername: Call<[fd: number, address: number, bytes: number]> = libc.func(
  "int getpeername(int fd, uintptr_t address, uintptr_t bytes)",
);
/** `bytes` and the result are 32 bits wide here: no caller moves 2 GiB at once. */
export const send: Call<[fd: number, from: number, bytes: number, flags: number]> = libc.func(
  "int send(int fd, uintptr_t from, size_t bytes, int flags)",
);
export const recv: Call<[fd: number, into: number, bytes: number, flags: number]> = libc.func(
  "int recv(int fd, uintptr_t into, size_t bytes, int flags)",
);
export const close: Call<[fd: number]> = libc.func("int close(int fd)");
export const epollCreate: Call<[flags: number]> = libc.func("int epoll_create1(int flags)");
export const epollControl: Call<[set: number, operation: number, fd: number, event: number]> =
  libc.func("int epoll_ctl(int set, int operation, int fd, uintptr_t event)");
export const epollWait: Call<[set: number, events: number, count: number, timeoutMs: number]> =
  libc.func("int epoll_wait(int set, uintptr_t events, int count, int timeoutMs)");
/** Text to network-order bytes; 1 when the text is an address of that family. */
export const inetPton: (family: number, text: string, into: number) => number = libc.func(
  "int inet_pton(int family, const char *text, uintptr_t into)",
);
/** Network-order bytes to text, without brackets. */
export const inetNtop: (
  family: number,
  from: number,
  into: number,
  bytes: number,
) => string | null = libc.func(
  "const char *inet_ntop(int family, uintptr_t from, uintptr_t into, uint32_t bytes)",
);

/** `errno` of the last call above. */
export function errno(): number {
  return koffi.errno();
}

/**
 * Address of a buffer's memory. Only for `new Uint8Array` of a page or more, which V8 allocates outside its heap and
 * never moves; it is valid for as long as the caller holds the buffer.
 */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi.address(bytes));
}

/** One descriptor on Node's own event loop. */
export interface DescriptorWatch {
  /** Calls back, on the event loop, for as long as the descriptor is readable. */
  start(whenReadable: () => void): void;
  stop(): void;
  close(): void;
}

/**
 * Watches a descriptor (here: an epoll set) from Node's event loop. Against a blocking call on koffi's worker threads
 * this takes two thirds of the CPU per wake-up, and it can be stopped at any time.
 */
export function watchDescriptor(fd: number): DescriptorWatch {
  const handle = koffi.node.poll(fd, () => {});
  handle.stop();
  return {
    // Readable is what is watched for unless told: being told costs as much as the rest of the call.
    start: (whenReadable) => handle.start(whenReadable),
    stop: () => handle.stop(),
    close: () => handle.close(),
  };
}
