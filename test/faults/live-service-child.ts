/** The process behind `startLiveService`: its arguments are the ports. */
import { createHash } from "node:crypto";
import { createServer, type RequestListener } from "node:http";

/** Answers are a function of the request, to the last byte: no date, and a digest of everything that arrived. */
const listener: RequestListener = (request, response) => {
  const hash = createHash("sha256").update(`${request.method} ${request.url} HTTP/`);
  hash.update(`${request.httpVersion}\n${request.rawHeaders.join("\n")}\n`);
  request.on("data", (part: Buffer) => hash.update(part));
  request.on("end", () => {
    const digest = hash.digest("hex");
    const lines = (Number.parseInt(digest.slice(0, 2), 16) % 64) + 1;
    const body = Buffer.from(`${digest}\n`.repeat(lines));
    response.sendDate = false;
    response.setHeader("Content-Length", body.length);
    response.setHeader("X-Digest", digest);
    response.end(body);
  });
  request.on("error", () => {
    // The client's side of the story tells.
  });
};

for (const port of process.argv.slice(2)) {
  const server = createServer(listener);
  server.keepAliveTimeout = 300_000;
  server.listen(Number(port), "::");
}
