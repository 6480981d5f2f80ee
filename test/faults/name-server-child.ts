/** The process behind `startNameServer`: its argument is the file that says what to answer, read anew for every question. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import type { NameAnswer } from "./name-server.ts";

const [file = ""] = process.argv.slice(2);
const RESPONSE = 0x8180;
const RCODE = { failure: 2, no_such_name: 3 } as const;
const TYPE_A = 1;

/** Where the one question of a query ends. */
function questionEnd(query: Buffer): number {
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) at += length + 1;
  return at + 5;
}

function respond(query: Buffer, answer: NameAnswer): Buffer | undefined {
  if (answer.kind === "silent") return undefined;
  const end = questionEnd(query);
  const type = query.readUInt16BE(end - 4);
  const addresses = answer.kind === "addresses" && type === TYPE_A ? answer.addresses : [];
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(RESPONSE | (answer.kind === "addresses" ? 0 : RCODE[answer.kind]), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  // The name by reference, type A, class IN, a second to live, four bytes.
  const record = Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4]);
  const records = addresses.flatMap((address) => [
    record,
    Buffer.from(address.split(".").map(Number)),
  ]);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

const socket = createSocket("udp4");
socket.on("message", (query, from) => {
  const answer = JSON.parse(readFileSync(file, "utf8")) as NameAnswer;
  process.send?.({ question: answer.kind });
  const response = respond(query, answer);
  if (response !== undefined) socket.send(response, from.port, from.address);
});
socket.bind(53, "127.0.0.1", () => process.send?.({ question: undefined }));
process.on("disconnect", () => process.exit());
