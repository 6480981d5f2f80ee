/** The process behind `startOddServer`: file for what it receives, port, oddity, delay in milliseconds. */
import { appendFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Oddity } from "./odd-server.ts";

const [log = "", port = "", oddity = "", delayMs = "0"] = process.argv.slice(2);
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

writeFileSync(log, "");

function answerHeads(socket: Socket, answer: () => void): (text: string) => void {
  let held = "";
  return (text) => {
    held += text;
    for (let end = held.indexOf("\r\n\r\n"); end >= 0; end = held.indexOf("\r\n\r\n")) {
      held = held.slice(end + 4);
      if (!socket.destroyed) answer();
    }
  };
}

function trickle(socket: Socket): void {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? "x"), 1_000);
  socket.once("close", () => clearInterval(timer));
}

function behave(socket: Socket): (text: string) => void {
  switch (oddity as Oddity) {
    case "record":
      return answerHeads(socket, () => socket.write(OK));
    case "slow":
      return answerHeads(socket, () => setTimeout(() => socket.write(OK), Number(delayMs)));
    case "reset":
      return () => socket.resetAndDestroy();
    case "close":
      return () => socket.destroy();
    case "reset_mid_response":
      return answerHeads(socket, () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", () =>
          socket.resetAndDestroy(),
        );
      });
    case "close_idle": {
      let rest: NodeJS.Timeout | undefined;
      return answerHeads(socket, () => {
        clearTimeout(rest);
        socket.write(OK);
        rest = setTimeout(() => socket.destroy(), Number(delayMs));
      });
    }
    case "trickle": {
      let started = false;
      return () => {
        if (!started) trickle(socket);
        started = true;
      };
    }
    case "garbage":
      return () => socket.write("SSH-2.0-OpenSSH_9.9\r\n\r\n");
    case "early_413":
      return answerHeads(socket, () => {
        socket.end("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        socket.pause();
      });
    case "hang":
    case "stop_reading":
      return () => {
        // It never answers.
      };
  }
}

createServer((socket) => {
  socket.on("error", () => {
    // Resets are part of the game.
  });
  if (oddity === "stop_reading") return;
  const take = behave(socket);
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    appendFileSync(log, text, "latin1");
    take(text);
  });
}).listen(Number(port), "::");
