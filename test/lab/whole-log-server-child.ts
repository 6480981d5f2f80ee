/** The process behind `startWholeLogServer`: a port and a file. A request is in the file before it is answered. */
import { appendFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [, , port = "", log = ""] = process.argv;
writeFileSync(log, "");

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.once("end", () => {
    const { method, url, httpVersion, rawHeaders } = request;
    const fields = rawHeaders.map((text, index) => text + (index % 2 === 0 ? ": " : "\r\n"));
    const head = `${method} ${url} HTTP/${httpVersion}\r\n${fields.join("")}\r\n`;
    appendFileSync(log, Buffer.concat([Buffer.from(head, "latin1"), ...chunks, Buffer.from("\n")]));
    response.end("ok");
  });
}).listen(Number(port), "::");
