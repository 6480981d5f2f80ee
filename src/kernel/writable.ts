import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const poll = libc.func("int poll(_Inout_ void *fds, unsigned long count, int timeoutMs)");

const POLLOUT = 4;
/** poll(2): errors and hang-ups are reported whether asked for or not; writing will then say which. */
const POLLERR_OR_HUP = 0x18;

/** Asks whether a descriptor can be written without blocking: for a pipe, at least PIPE_BUF (4096) bytes. */
export function createWritableProbe(fd: number): () => boolean {
  const request = Buffer.alloc(8); // struct pollfd: fd, events, revents
  request.writeInt32LE(fd, 0);
  return () => {
    request.writeInt16LE(POLLOUT, 4);
    request.writeInt16LE(0, 6);
    return poll(request, 1, 0) > 0 && (request.readInt16LE(6) & (POLLOUT | POLLERR_OR_HUP)) !== 0;
  };
}
