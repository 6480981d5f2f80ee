/** Compares what shadowtap and tshark read in a capture: the same requests with the same bodies, or why not. */
import { createReadStream } from "node:fs";
import { readPortRange } from "../src/agent/config/addresses.ts";
import { createCaptureSession } from "../src/agent/decode-capture/session.ts";
import type { DecodedRequest } from "../src/model/decoded.ts";
import { ShadowtapError } from "../src/model/errors.ts";
import { total } from "../src/model/ledger.ts";
import { formatDecodedCapture } from "../src/report/decoded-capture.ts";
import { compare, type ListedRequest, listByTshark, listed } from "../test/lab/tshark.ts";

const MAX_SHOWN = 20;

const [file, ...ports] = process.argv.slice(2);
const ranges = ports.map((port) => readPortRange(port));
if (file === undefined || ports.length === 0 || ranges.includes(undefined)) {
  console.error("usage: scripts/crosscheck-pcap FILE PORT...   (a port is 8080 or 8000-8010)");
  process.exit(64);
}

const decoded: DecodedRequest[] = [];
const session = createCaptureSession(
  ranges.filter((range) => range !== undefined),
  (request) => decoded.push(request),
  () => {},
);
try {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 }))
    session.push(chunk as Uint8Array);
  session.end();
} catch (error) {
  if (!(error instanceof ShadowtapError)) throw error;
  console.log(`${error.message}\n`);
}
session.close();
const result = session.result();
console.log(formatDecodedCapture(result, { colour: false, unicode: false }));

const { requests } = result;
const whole = decoded.filter(({ cut }) => cut === undefined);
const explained =
  total(requests.lost) +
  total(requests.skipped) +
  total(requests.malformed) +
  requests.shed +
  (decoded.length - whole.length);
const comparison = compare(whole.map(listed), await listByTshark(file, ports));

function show(title: string, requests: readonly ListedRequest[]): void {
  if (requests.length === 0) return;
  console.log(title);
  for (const { method, path, bodyBytes, bodySha256 } of requests.slice(0, MAX_SHOWN))
    console.log(`  ${method} ${JSON.stringify(path)} ${bodyBytes} B ${bodySha256 ?? ""}`);
  if (requests.length > MAX_SHOWN) console.log(`  and ${requests.length - MAX_SHOWN} more`);
}

console.log(`The same in both: ${comparison.same} requests.`);
show("Found by shadowtap only:", comparison.onlyFirst);
show(
  `Found by tshark only (shadowtap counted ${explained} as lost, skipped, malformed or cut, see above):`,
  comparison.onlySecond,
);
const isSame = comparison.onlyFirst.length === 0 && comparison.onlySecond.length <= explained;
console.log(isSame ? "They agree." : "THEY DIFFER.");
process.exitCode = isSame ? 0 : 1;
