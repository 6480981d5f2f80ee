import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MAX_LINE_BYTES } from "../../../src/agent/control/serve-connection.ts";
import {
  type ControlPlace,
  type ControlServer,
  MAX_CLIENTS,
  startControl,
} from "../../../src/agent/control/server.ts";
import type { Controlled } from "../../../src/model/control.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { fc } from "../../fuzz/property.ts";
import { answersOf, createControlled, inDirectory, leaveDead, open } from "./control-harness.ts";

async function serving(
  changes: Partial<Controlled>,
  work: (path: string, told: readonly string[], server: ControlServer) => Promise<void>,
  place: ControlPlace = {},
): Promise<void> {
  await inDirectory(async (directory) => {
    const { controlled, told } = createControlled(changes);
    const server = await startControl(join(directory, "s"), controlled, place);
    try {
      await work(server.path ?? "", told, server);
    } finally {
      server[Symbol.dispose]();
    }
  });
}

async function asked(path: string, text: string | Buffer): Promise<Record<string, unknown>[]> {
  const socket = await open(path);
  socket.end(text);
  return answersOf(socket);
}

const status = '{"kind":"status"}\n';

describe("answers", () => {
  test("several requests of one connection, in order", async () => {
    await serving({}, async (path, told) => {
      const answers = await asked(
        path,
        [
          status,
          '{"kind":"pause","target":"http://10.0.0.9:8080"}\n',
          '{"kind":"resume","target":"http://10.0.0.9:8080"}\n',
          '{"kind":"set_share","rule":"mirror","share":0.25}\n',
          '{"kind":"reload"}\n',
          // The last line may lack its end.
          '{"kind":"stop"}',
        ].join(""),
      );
      assert.equal((answers[0]!["status"] as { pid: number }).pid, process.pid);
      assert.deepEqual(answers.slice(1), [
        { ok: true, message: "Target http://10.0.0.9:8080 is paused." },
        { ok: true, message: "Target http://10.0.0.9:8080 is resumed." },
        { ok: true, message: "Rule mirror mirrors 0.25." },
        { ok: true, message: "Reloaded." },
        { ok: true, message: "Stopping." },
      ]);
      assert.equal(told.length, 5);
    });
  });

  test("a request that comes byte by byte", async () => {
    await serving({}, async (path) => {
      const socket = await open(path);
      for (const byte of Buffer.from(status)) {
        socket.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      const [first] = await once(socket, "data");
      assert.match(String(first), /^\{"ok":true,"status":\{"pid":/);
      socket.destroy();
    });
  });

  test("an unknown name, with the ones there are and the one that was meant", async () => {
    await serving({}, async (path, told) => {
      const answers = await asked(
        path,
        '{"kind":"pause","target":"http://10.0.0.9:808"}\n{"kind":"set_share","rule":"zzz","share":1}\n',
      );
      assert.deepEqual(answers, [
        {
          ok: false,
          code: "ST_USAGE",
          message: 'This run has no target "http://10.0.0.9:808".',
          hints: ["Did you mean `http://10.0.0.9:8080`?", "Its targets: http://10.0.0.9:8080."],
        },
        {
          ok: false,
          code: "ST_USAGE",
          message: 'This run has no rule "zzz".',
          hints: ["Its rules: mirror."],
        },
      ]);
      assert.deepEqual(told, []);
    });
  });

  test("errors of the run, with and without a code", async () => {
    const refused = async () => {
      throw new ShadowtapError("ST_CONFIG_INVALID", "a.yaml:1:1: no.", ["Change it."]);
    };
    const failing = () => {
      throw new TypeError("x is not a function");
    };
    await serving({ reload: refused, stop: failing }, async (path) => {
      assert.deepEqual(await asked(path, '{"kind":"reload"}\n{"kind":"stop"}\n'), [
        { ok: false, code: "ST_CONFIG_INVALID", message: "a.yaml:1:1: no.", hints: ["Change it."] },
        { ok: false, code: "UNEXPECTED", message: "x is not a function", hints: [] },
      ]);
    });
  });
});

describe("clients that mean harm, or are broken", () => {
  const garbage: Readonly<Record<string, string>> = {
    "no JSON": "GET / HTTP/1.1\r\n\r\n",
    "an empty line": "\n",
    "another kind": '{"kind":"exec"}\n',
    "a share above 1": '{"kind":"set_share","rule":"mirror","share":2}\n',
    "a share that is no number": '{"kind":"set_share","rule":"mirror","share":"1"}\n',
    "a target that is no string": '{"kind":"pause","target":{}}\n',
    "an array": "[]\n",
    null: "null\n",
    "half a line": '{"kind":"sta',
    "a line without end": "x".repeat(4 * MAX_LINE_BYTES),
    "a line that is too long": `{"kind":"status","x":"${"x".repeat(MAX_LINE_BYTES)}"}\n`,
  };
  for (const [name, text] of Object.entries(garbage))
    test(`${name} is answered and ends the connection`, async () => {
      await serving({}, async (path, told) => {
        const socket = await open(path);
        // What follows is not obeyed.
        if (text.endsWith("\n")) socket.write(`${text}{"kind":"stop"}\n`);
        else socket.end(text);
        const answers = await answersOf(socket);
        assert.equal(answers.length, 1);
        assert.equal(answers[0]?.["ok"], false);
        assert.equal(answers[0]?.["code"], "ST_USAGE");
        assert.deepEqual(told, []);
        assert.equal((await asked(path, status))[0]?.["ok"], true);
      });
    });

  test("a line that never ends is not waited for", async () => {
    await serving({}, async (path) => {
      const socket = await open(path);
      socket.write("x".repeat(MAX_LINE_BYTES + 1));
      const [answer] = await answersOf(socket);
      assert.equal(answer?.["code"], "ST_USAGE");
    });
  });

  test("no bytes at all make it throw, hang or obey", async () => {
    await serving({}, async (path, told) => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
          for (const answer of await asked(path, Buffer.from(bytes)))
            assert.equal(answer["ok"], false);
        }),
        { numRuns: 100 },
      );
      assert.deepEqual(told, []);
    });
  });

  test("one too many is told so, and a place is free when another leaves", async () => {
    await serving({}, async (path) => {
      const clients = [];
      for (let i = 0; i < MAX_CLIENTS; i++) {
        const client = await open(path);
        client.write(status);
        await once(client, "data");
        clients.push(client);
      }
      const [refused] = await asked(path, status);
      assert.equal(refused?.["ok"], false);
      assert.match(String(refused?.["message"]), /^16 clients are connected/);
      const [first] = clients;
      first?.end();
      // Its end is read when the run has let it go.
      await once(first!.resume(), "end");
      assert.equal((await asked(path, status))[0]?.["ok"], true);
      for (const client of clients) client.destroy();
    });
  });

  test("one that never reads holds one answer, and is left", async () => {
    let asks = 0;
    const { status: ask } = createControlled().controlled;
    const counted = () => {
      asks++;
      return { ...ask(), attachments: ["x".repeat(1 << 20)] };
    };
    await serving(
      { status: counted },
      async (path) => {
        const socket = await open(path);
        socket.write(status.repeat(1000));
        socket.pause();
        // The server closes; without reading, this side learns it from writing.
        const { promise: closed, resolve } = Promise.withResolvers<void>();
        socket.once("close", () => resolve());
        const nudge = setInterval(() => socket.write(status), 20);
        await closed;
        clearInterval(nudge);
        assert.ok(asks < 10, `${asks} answers were made`);
        assert.equal((await asked(path, status))[0]?.["ok"], true);
      },
      { idleTimeoutMs: 100 },
    );
  });

  test("one that says nothing is left", async () => {
    await serving(
      {},
      async (path) => {
        const socket = await open(path);
        assert.deepEqual(await answersOf(socket), []);
      },
      { idleTimeoutMs: 50 },
    );
  });

  test("one that leaves while it is answered does no harm", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    const reload = () => {
      begun.resolve();
      return promise;
    };
    await serving({ reload }, async (path) => {
      const socket = await open(path);
      socket.write('{"kind":"reload"}\n');
      await begun.promise;
      socket.destroy();
      resolve("Reloaded.");
      assert.equal((await asked(path, status))[0]?.["ok"], true);
    });
  });
});

describe("the socket file", () => {
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  test("is for its owner alone, whatever the mask says, and the mask stays", async () => {
    const mask = process.umask(0);
    try {
      await serving({}, async (path) => {
        assert.equal(modeOf(path), 0o600);
        assert.equal(process.umask(), 0);
      });
    } finally {
      process.umask(mask);
    }
  });

  test("goes when the run ends, and what was being answered still is", async () => {
    await serving({}, async (path, _, server) => {
      const socket = await open(path);
      socket.write(status);
      const [first] = await once(socket, "data");
      assert.match(String(first), /^\{"ok":true/);
      server[Symbol.dispose]();
      assert.equal(existsSync(path), false);
      assert.deepEqual(await answersOf(socket), []);
    });
  });

  test("is made by pid in a private directory, and dead ones there are swept", async () => {
    await inDirectory(async (parent) => {
      const directory = join(parent, "run", "shadowtap");
      const { controlled } = createControlled();
      mkdirSync(join(parent, "run"));
      const first = await startControl(undefined, controlled, { directory });
      assert.equal(first.path, join(directory, `${process.pid}.sock`));
      assert.equal(modeOf(directory), 0o700);
      first[Symbol.dispose]();

      const dead = join(directory, "1234.sock");
      await leaveDead(dead);
      const alive = createServer().listen({ path: join(directory, "4321.sock") });
      await once(alive, "listening");
      writeFileSync(join(directory, "99.sock"), "a file");
      const second = await startControl(undefined, controlled, { directory });
      assert.equal(existsSync(dead), false);
      assert.equal(existsSync(join(directory, "4321.sock")), true);
      assert.equal(existsSync(join(directory, "99.sock")), true);
      second[Symbol.dispose]();
      alive.close();
    });
  });

  test("a dead one is replaced where it was asked for; a live one and a file are not", async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, "s");
      const { controlled } = createControlled();
      await leaveDead(path);
      const server = await startControl(path, controlled);
      await assert.rejects(startControl(path, controlled), {
        code: "ST_FILE_UNWRITABLE",
        message: `--admin-socket ${path} cannot be used: it is another run's, or no socket (EADDRINUSE).`,
      });
      server[Symbol.dispose]();

      const file = join(directory, "file");
      writeFileSync(file, "precious");
      await assert.rejects(startControl(file, controlled), { code: "ST_FILE_UNWRITABLE" });
      assert.equal(statSync(file).size, 8);
    });
  });

  test("a path that cannot be is refused", async () => {
    await inDirectory(async (directory) => {
      const { controlled } = createControlled();
      for (const path of [join(directory, "no/such"), join(directory, "x".repeat(200))])
        await assert.rejects(startControl(path, controlled), { code: "ST_FILE_UNWRITABLE" });
    });
  });

  test("where the default place cannot be used, the run goes on and says why", async () => {
    await inDirectory(async (parent) => {
      writeFileSync(join(parent, "file"), "");
      const directory = join(parent, "file", "shadowtap");
      const server = await startControl(undefined, createControlled().controlled, { directory });
      assert.equal(server.path, undefined);
      assert.match(
        server.reason ?? "",
        /^No admin socket: .* cannot be used \(ENOTDIR\)\. The run/,
      );
      server[Symbol.dispose]();
    });
  });
});
