import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Target } from "../model/target.ts";
import type { ConnectionHook } from "./options.ts";
import type { OpenConnection } from "./shadow-connection.ts";

/**
 * TLS connections over Node's own sockets; events come from the event loop. The name checked, and sent as SNI unless it
 * is an address (RFC 6066 section 3), is the URL's host.
 */
export function createTlsConnector(
  target: Target,
  onConnect: ConnectionHook,
  onClose: ConnectionHook,
): OpenConnection {
  const { ca, insecure } = target.options;

  function secure(tcp: Socket): TLSSocket {
    return connectTls({
      socket: tcp,
      host: target.host,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: !insecure,
      ALPNProtocols: ["http/1.1"],
    });
  }

  return (address, events) => {
    const tcp = connectTcp({ host: address, port: target.port, noDelay: true });
    let tls: TLSSocket | undefined;
    let opened = false;
    let over = false;
    let failure: NodeJS.ErrnoException | undefined;

    const end = () => {
      if (over) return;
      over = true;
      const detail = failure?.message ?? "closed by the target";
      events.ended(opened ? (failure === undefined ? "closed" : "reset") : "refused", detail);
    };
    const fail = (error: NodeJS.ErrnoException) => {
      failure ??= error;
    };

    tcp.on("error", fail);
    tcp.on("close", end);
    tcp.once("connect", () => {
      // No byte has left yet: the handshake begins only now.
      const { localAddress = "", localPort = 0 } = tcp;
      onConnect(localAddress, localPort, address, target.port);
      tcp.once("close", () => onClose(localAddress, localPort, address, target.port));
      tls = secure(tcp);
      listen(tls);
    });

    function listen(socket: TLSSocket): void {
      socket.on("error", fail);
      socket.once("secureConnect", () => {
        if (over) return;
        opened = true;
        events.opened();
      });
      socket.on("data", (data: Buffer) => {
        if (!over) events.received(data, 0, data.length);
      });
      socket.on("drain", () => {
        if (!over) events.writable();
      });
      socket.once("end", end);
      socket.once("close", end);
    }

    return {
      write(bytes, start, end) {
        if (over || tls === undefined || tls.writableNeedDrain) return 0;
        // Node may keep what it is given until the peer takes it.
        tls.write(Buffer.from(bytes.subarray(start, end)));
        return end - start;
      },
      // Its bytes are read as they come.
      receivedAgoNs: () => 0,
      close(reset) {
        over = true;
        if (reset || tls === undefined) tcp.resetAndDestroy();
        else tls.destroySoon();
      },
    };
  };
}
