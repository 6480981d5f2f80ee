import { Ready, type SocketSet } from "../../src/model/transport.ts";
import { OK } from "./harness.ts";

const EAGAIN = 11;
const ECONNRESET = 104;
const EPIPE = 32;
const ECONNREFUSED = 111;

/** What the shadow does with one request. */
const DEEDS = [
  ...(["answer", "answer", "answer", "answer", "interim", "announce", "close", "reset"] as const),
  ...(["hang", "garbage", "twice", "until_close", "half"] as const),
] as const;

const REPLIES: Partial<Record<(typeof DEEDS)[number], string>> = {
  answer: OK,
  interim: `HTTP/1.1 100 Continue\r\n\r\n${OK}`,
  announce: OK.replace("\r\n", "\r\nConnection: close\r\n"),
  twice: OK + OK,
  garbage: "such garbage\r\n\r\n",
  until_close: "HTTP/1.1 200 OK\r\n\r\nwhatever",
  half: OK.slice(0, -1),
};

const ANSWERS: Partial<Record<(typeof DEEDS)[number], number>> = {
  answer: 1,
  interim: 1,
  announce: 1,
  twice: 2,
  until_close: 1,
};

interface Connection {
  readonly port: number;
  /** Rounds until it is connected; negative: refused then. */
  connectsIn: number;
  connected: boolean;
  toShadow: Buffer;
  toClient: Buffer[];
  ended: boolean;
  reset: boolean;
  /** The shadow looks at nothing more. */
  deaf: boolean;
  room: number;
  waitsForRoom: boolean;
  bits: number;
}

/** One request that the shadow has read to its end. */
interface Seen {
  readonly port: number;
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * A network and a shadow in memory, in steps: `step` lets time and bytes move. Everything random comes from `random`, so
 * that a run is a function of its seed.
 */
export interface FakeNetwork extends SocketSet {
  step(): void;
  readonly seen: Seen[];
  /** From now on everything is answered. */
  heal(): void;
  /** Sends that did not come from the arena. */
  readonly foreignSends: number;
  readonly openConnections: number;
  /** Complete answers given. */
  readonly answers: number;
}

export function createFakeNetwork(random: () => number): FakeNetwork {
  const connections = new Map<number, Connection>();
  const received = new Uint8Array(4096);
  const arena = new Uint8Array(4 * 65_536);
  const seen: Seen[] = [];
  let events: { fd: number; bits: number }[] = [];
  let nextFd = 10;
  let healthy = false;
  let foreignSends = 0;
  let answers = 0;

  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const of = (fd: number): Connection => {
    const connection = connections.get(fd);
    if (connection === undefined) throw new Error(`${fd} is not open`);
    return connection;
  };

  function reply(connection: Connection, text: string): void {
    // In pieces, so that answers are cut anywhere.
    const bytes = Buffer.from(text, "latin1");
    const at = healthy ? 0 : Math.floor(random() * bytes.length);
    if (at > 0) connection.toClient.push(bytes.subarray(0, at));
    connection.toClient.push(bytes.subarray(at));
    connection.bits |= Ready.read;
  }

  function end(connection: Connection): void {
    connection.ended = true;
    connection.deaf = true;
    connection.bits |= Ready.read | Ready.peerClosed;
  }

  function reset(connection: Connection): void {
    connection.reset = true;
    connection.deaf = true;
    connection.bits |= Ready.read | Ready.write | Ready.error | Ready.hangup;
  }

  function act(connection: Connection): void {
    const deed = healthy ? "answer" : pick(DEEDS);
    const text = REPLIES[deed];
    if (text !== undefined) reply(connection, text);
    answers += ANSWERS[deed] ?? 0;
    if (deed === "announce" || deed === "until_close" || deed === "half" || deed === "close")
      end(connection);
    if (deed === "reset") reset(connection);
    if (deed === "hang") connection.deaf = true;
  }

  /** Takes complete requests out of what was sent. */
  function serve(connection: Connection): void {
    while (!connection.deaf) {
      const { toShadow } = connection;
      const headEnd = toShadow.indexOf("\r\n\r\n") + 4;
      if (headEnd < 4) return;
      const head = toShadow.toString("latin1", 0, headEnd);
      const total = headEnd + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (toShadow.length < total) {
        if (healthy || random() > 0.05) return;
        answers++;
        reply(connection, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        connection.deaf = true;
        return;
      }
      seen.push({
        port: connection.port,
        path: head.split(" ")[1] ?? "",
        bytes: Buffer.from(toShadow.subarray(0, total)),
      });
      connection.toShadow = toShadow.subarray(total);
      act(connection);
    }
  }

  function stepOne(connection: Connection): void {
    if (!connection.connected) {
      if (connection.connectsIn > 0) connection.connectsIn--;
      if (connection.connectsIn !== 0) {
        if (connection.connectsIn < 0) connection.bits |= Ready.error | Ready.hangup;
        return;
      }
      connection.connected = true;
      connection.bits |= Ready.write;
    }
    if (!connection.deaf) connection.room = healthy ? 1 << 20 : Math.floor(random() * 5000);
    if (connection.waitsForRoom && connection.room > 0) {
      connection.waitsForRoom = false;
      connection.bits |= Ready.write;
    }
    serve(connection);
    if (!healthy && !connection.deaf && random() < 0.02) (random() < 0.5 ? end : reset)(connection);
  }

  return {
    received,
    arena,
    seen,
    get foreignSends() {
      return foreignSends;
    },
    get openConnections() {
      return connections.size;
    },
    get answers() {
      return answers;
    },
    heal() {
      healthy = true;
    },
    step() {
      for (const connection of connections.values()) stepOne(connection);
    },
    connect(_address, port) {
      const luck = healthy ? 1 : random();
      if (luck < 0.05) return -ECONNREFUSED;
      const connectsIn = luck < 0.15 ? -1 : luck < 0.2 ? 1e9 : Math.ceil(random() * 3);
      connections.set(nextFd, {
        port,
        connectsIn,
        connected: false,
        toShadow: Buffer.alloc(0),
        toClient: [],
        ended: false,
        reset: false,
        deaf: false,
        room: 1000,
        waitsForRoom: false,
        bits: 0,
      });
      return nextFd++;
    },
    connectResult(fd) {
      const connection = of(fd);
      if (connection.connected) return connection.reset ? ECONNRESET : 0;
      return connection.connectsIn < 0 ? ECONNREFUSED : -1;
    },
    receivedAgoMs: () => 0,
    localAddress: (fd) => ({ address: "192.0.2.9", port: fd }),
    send(fd, bytes, start, end) {
      const connection = of(fd);
      if (!connection.connected) throw new Error("send before the connection is there");
      if (bytes !== arena) foreignSends++;
      if (connection.reset) return random() < 0.5 ? -EPIPE : -ECONNRESET;
      const count = Math.min(end - start, connection.room);
      connection.waitsForRoom ||= count < end - start;
      if (count === 0) return -EAGAIN;
      connection.room -= count;
      connection.toShadow = Buffer.concat([
        connection.toShadow,
        Buffer.from(bytes.subarray(start, start + count)),
      ]);
      return count;
    },
    receive(fd) {
      const connection = of(fd);
      const next = connection.toClient.shift();
      if (next !== undefined && next.length > 0) {
        received.set(next);
        // A short count tells the reader that nothing is left: then there must be another event.
        if (connection.toClient.length > 0) connection.bits |= Ready.read;
        return next.length;
      }
      if (connection.toClient.length > 0) return this.receive(fd);
      if (connection.reset) return -ECONNRESET;
      return connection.ended ? 0 : -EAGAIN;
    },
    poll() {
      events = [];
      for (const [fd, connection] of connections) {
        if (connection.bits === 0) continue;
        const state = connection.connected && connection.room > 0 ? Ready.write : 0;
        events.push({ fd, bits: connection.bits | state });
        connection.bits = 0;
      }
      return events.length;
    },
    readyFd: (index) => events[index]?.fd ?? -1,
    readyEvents: (index) => events[index]?.bits ?? 0,
    close(fd) {
      of(fd);
      connections.delete(fd);
    },
    endWait() {},
    async wait() {},
    waitForeign: async () => {},
    watchForeign() {},
    dispose() {},
  };
}
