/** The process behind `startLiveLoad`: its argument is what to do, as JSON; it goes on until it is told to stop. */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { LoadOrder, LoadReport, SideReport } from "./live-load.ts";

const order = JSON.parse(process.argv[2] ?? "") as LoadOrder;
/** Every so many requests there is one with a body, one with a large one, and one that has a connection of its own. */
const EVERY = { body: 5, largeBody: 50, ownConnection: 10 };
const BODY_BYTES = { body: 2_000, largeBody: 100_000 };
const GIVE_UP_MS = 15_000;

interface Wanted {
  readonly number: number;
  readonly bytes: Buffer;
  readonly ownConnection: boolean;
  readonly issuedMs: number;
}

/** The request of a number is the same on both sides. */
function requestOf(number: number): { bytes: Buffer; ownConnection: boolean } {
  const ownConnection = number % EVERY.ownConnection === 3;
  const large = number % EVERY.largeBody === 7;
  const withBody = large || number % EVERY.body === 2;
  const head = [
    `${withBody ? "POST" : "GET"} /item/${number}?n=${number % 7} HTTP/1.1`,
    "Host: live",
    `X-Number: ${number}`,
    ...(ownConnection ? ["Connection: close"] : []),
  ];
  if (!withBody) return { bytes: Buffer.from(`${head.join("\r\n")}\r\n\r\n`), ownConnection };
  const body = Buffer.alloc(large ? BODY_BYTES.largeBody : BODY_BYTES.body, `body ${number} `);
  head.push(`Content-Length: ${body.length}`);
  return {
    bytes: Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]),
    ownConnection,
  };
}

/** True when the text from its start is one whole answer. */
function isWhole(answer: Buffer): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.toString("latin1", 0, end))?.[1];
  return answer.length >= end + 4 + Number(length ?? 0);
}

/** One service: requests wait for a free connection, and every answer is kept as a digest. */
function createSide(port: number) {
  const idle: Socket[] = [];
  const waiting: Wanted[] = [];
  const digests: string[] = [];
  const latenciesMs: number[] = [];
  const failures: string[] = [];
  /** Connections that are kept; a request with one of its own is not held up by these. */
  let open = 0;
  let pending = 0;

  function ask(socket: Socket, wanted: Wanted, isFresh: boolean): void {
    let answer = Buffer.alloc(0);
    const finish = (failure?: string) => {
      clearTimeout(overdue);
      for (const event of ["data", "error", "close"]) socket.removeAllListeners(event);
      pending--;
      digests[wanted.number] = createHash("sha256").update(answer).digest("hex");
      latenciesMs.push(performance.now() - wanted.issuedMs);
      if (failure !== undefined) failures.push(`${wanted.number}: ${failure}`);
      if (failure === undefined && !wanted.ownConnection) {
        // A kept connection that the service ends while it rests is not asked again.
        socket.on("error", () => {});
        socket.once("close", () => {
          const at = idle.indexOf(socket);
          if (at < 0) return;
          idle.splice(at, 1);
          open--;
        });
        idle.push(socket);
      } else {
        socket.on("error", () => {});
        socket.destroy();
        if (!wanted.ownConnection) open--;
      }
      next();
    };
    const overdue = setTimeout(() => finish("no answer"), GIVE_UP_MS);
    socket.removeAllListeners("close");
    socket.removeAllListeners("error");
    socket.on("data", (part: Buffer) => {
      answer = Buffer.concat([answer, part]);
      if (isWhole(answer)) finish();
    });
    socket.once("error", (error) => finish(error.message));
    socket.once("close", () => finish("closed"));
    if (isFresh) socket.once("connect", () => socket.write(wanted.bytes));
    else socket.write(wanted.bytes);
  }

  function next(): void {
    for (;;) {
      const wanted = waiting[0];
      if (wanted === undefined) return;
      const kept = wanted.ownConnection ? undefined : idle.pop();
      const isNew = kept === undefined && !wanted.ownConnection;
      if (isNew && open >= order.connections) return;
      waiting.shift();
      if (isNew) open++;
      const socket = kept ?? connect({ host: order.address, port, noDelay: true });
      ask(socket, wanted, kept === undefined);
    }
  }

  return {
    issue(number: number, issuedMs: number) {
      pending++;
      waiting.push({ number, issuedMs, ...requestOf(number) });
      next();
    },
    get pending() {
      return pending;
    },
    report(): SideReport {
      const sorted = latenciesMs.toSorted((a, b) => a - b);
      const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
      return {
        requests: digests.length,
        failures,
        digest: createHash("sha256").update(digests.join("\n")).digest("hex"),
        p99Ms,
      };
    },
  };
}

const mirrored = createSide(order.mirroredPort);
const control = createSide(order.controlPort);
const startMs = performance.now();
let number = 0;

/** Issues what is due, in pairs: whatever the machine does just then, it does to both. */
const timer = setInterval(() => {
  const nowMs = performance.now();
  while (number < ((nowMs - startMs) * order.pairsPerSecond) / 1_000) {
    const [first, second] = number % 2 === 0 ? [mirrored, control] : [control, mirrored];
    first.issue(number, performance.now());
    second.issue(number, performance.now());
    number++;
  }
}, 2);

process.once("message", () => {
  clearInterval(timer);
  const tell = () => {
    if (mirrored.pending + control.pending > 0) {
      setTimeout(tell, 5);
      return;
    }
    const report: LoadReport = { mirrored: mirrored.report(), control: control.report() };
    process.send?.(report, undefined, undefined, () => process.exit());
  };
  tell();
});
process.on("disconnect", () => process.exit());
