/** The process behind `startOwnerServer`: one argument, its options as JSON. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { OwnerServerOptions } from "./owner-server.ts";

const options = JSON.parse(process.argv[2] ?? "") as OwnerServerOptions;
// A socket belongs to the cgroup that its process is in when it is made: before it listens.
if (options.cgroup !== undefined)
  writeFileSync(`${options.cgroup}/cgroup.procs`, String(process.pid));

const server = createServer((request, response) => {
  response.end(`${process.getuid?.()} ${process.pid} ${request.url}\n`);
});
server.keepAliveTimeout = 300_000;
const { port, uid, address = "0.0.0.0", isShared = false } = options;
server.listen({ port, host: address, reusePort: isShared, ipv6Only: true }, () => {
  // Only now: the kernel lets sockets of different users share a port when one user, here root, has bound them.
  if (uid !== undefined) {
    process.setgroups?.([]);
    process.setuid?.(uid);
  }
  process.send?.("listening");
});
process.on("disconnect", () => process.exit());
