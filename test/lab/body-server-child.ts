/** The process behind `startBodyServer`: one argument, its options as JSON. */
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";

interface Options {
  readonly log: string;
  readonly port: number;
  readonly answerEarly?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const options = JSON.parse(process.argv[2] ?? "") as Options;
writeFileSync(options.log, "");

const listener: RequestListener = (request, response) => {
  const hash = createHash("sha256");
  let bodyBytes = 0;
  const answer = (): void => {
    response.end("ok");
  };
  if (options.answerEarly === true) answer();
  request.on("data", (part: Buffer) => {
    hash.update(part);
    bodyBytes += part.length;
  });
  request.once("error", () => {
    // Told by `complete` below.
  });
  request.once("close", () => {
    const { method, url, httpVersion, rawHeaders, complete } = request;
    const bodySha256 = hash.digest("hex");
    const line = { method, url, httpVersion, rawHeaders, bodyBytes, bodySha256, complete };
    appendFileSync(options.log, `${JSON.stringify(line)}\n`);
    if (options.answerEarly !== true) answer();
  });
};

const server =
  options.tls === undefined
    ? createServer(listener)
    : createTlsServer(
        { cert: readFileSync(options.tls.cert), key: readFileSync(options.tls.key) },
        listener,
      );
server.keepAliveTimeout = 300_000;
server.requestTimeout = 0;
server.listen(options.port, "::");
