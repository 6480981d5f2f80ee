/** The process behind `startSocketClient`: does what it is told over IPC. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Command } from "./socket-client.ts";

const sockets = new Map<number, { socket: Socket; received: string }>();

async function obey(command: Command): Promise<string> {
  if (command.kind === "connect") {
    const socket = connect({ host: command.address, port: command.port, noDelay: true });
    const entry = { socket, received: "" };
    sockets.set(command.socket, entry);
    socket.setEncoding("latin1").on("data", (text: string) => {
      entry.received += text;
    });
    await once(socket, "connect");
    socket.on("error", () => {
      // Resets are part of some tests; what was received tells.
    });
    return "";
  }
  const entry = sockets.get(command.socket);
  if (entry === undefined) throw new Error(`no socket ${command.socket}`);
  switch (command.kind) {
    case "write":
      await new Promise((resolve) => entry.socket.write(command.text, "latin1", resolve));
      return "";
    case "received":
      return entry.received;
    case "end":
      entry.socket.end();
      return "";
    case "reset":
      entry.socket.resetAndDestroy();
      return "";
  }
}

process.on("message", (command: Command) => {
  obey(command).then(
    (text) => process.send?.({ id: command.id, text }),
    (error: unknown) => process.send?.({ id: command.id, text: "", error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
