/** Bodies arrive byte for byte, however the client frames them and however the kernel packs them. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type BodyServer, startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab, setOffloads } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";
import { startOddServer } from "../lab/odd-server.ts";

const PORT = 8080;
const MB = 1_000_000;

interface Sent {
  readonly path: string;
  readonly sha256: string;
}

describe("request bodies", () => {
  let lab: Lab;
  let live: BodyServer;
  let shadow: BodyServer;
  let early: BodyServer;

  before(async () => {
    lab = await createLab();
    [live, shadow, early] = await Promise.all([
      startBodyServer(lab, lab.live, { port: PORT }),
      startBodyServer(lab, lab.shadow, { port: PORT }),
      startBodyServer(lab, lab.live, { port: PORT + 1, answerEarly: true }),
    ]);
  });
  after(() => lab[Symbol.asyncDispose]());

  async function post(name: string, bytes: number, port: number, ...args: string[]): Promise<Sent> {
    const path = `/${name}`;
    const body = randomBytes(bytes);
    const file = join(lab.dir, `body-${lab.next()}`);
    writeFileSync(file, body);
    const url = `http://${ADDRESS.live.v4}:${port}${path}`;
    await curl(lab.client, "--data-binary", `@${file}`, "-o", "/dev/null", ...args, url);
    return { path, sha256: createHash("sha256").update(body).digest("hex") };
  }

  const CHUNKED = ["-H", "Transfer-Encoding: chunked"];
  const SILENT = ["-H", "Expect:"];
  const ASKING = ["-H", "Expect: 100-continue"];

  for (const hook of ["cgroup", "tc"])
    for (const offloads of [true, false])
      it(`${hook} hook, GRO and GSO ${offloads ? "on" : "off"}`, async () => {
        await setOffloads(lab, offloads);
        const id = `${hook}-${offloads}`;
        const sent: Sent[] = [];
        const args = [
          "--port",
          `${PORT},${PORT + 1}`,
          "--to",
          `http://${ADDRESS.shadow.v4}:${PORT}`,
        ];
        const wanted = [...args, "--allow-methods", "all", "--hook", hook];
        const { code, summary, stderr } = await mirrorDuring(lab, lab.live, wanted, async () => {
          for (const bytes of [0, 1, 1_000, 65_536, MB, 3 * MB]) {
            sent.push(await post(`${id}-sized-${bytes}`, bytes, PORT, ...SILENT));
            sent.push(await post(`${id}-chunked-${bytes}`, bytes, PORT, ...CHUNKED, ...SILENT));
          }
          sent.push(await post(`${id}-expect`, 2 * MB, PORT, ...ASKING));
          sent.push(await post(`${id}-expect-chunked`, 2 * MB, PORT, ...ASKING, ...CHUNKED));
          sent.push(await post(`${id}-early`, MB, PORT + 1, ...SILENT));
          sent.push(
            ...(await Promise.all(
              [1, 2, 3, 4].map((n) => post(`${id}-together-${n}`, MB, PORT, ...SILENT)),
            )),
          );
        });
        assert.equal(code, 0, stderr);
        const received = shadow.requests().filter(({ url }) => url.startsWith(`/${id}-`));
        assert.deepEqual(
          received
            .map(({ url, bodySha256, complete }) => `${url} ${bodySha256} ${complete}`)
            .sort(),
          sent.map(({ path, sha256 }) => `${path} ${sha256} true`).sort(),
        );
        assert.deepEqual(faults(summary), []);
        assert.equal(firstTarget(summary).delivered, sent.length);
      });

  it("the live services received every body whole", () => {
    const requests = [...live.requests(), ...early.requests()];
    assert.ok(requests.length > 0);
    assert.ok(requests.every(({ complete }) => complete));
  });

  it("of a client that is told 413 and leaves is never completed at the shadow", async () => {
    const refusing = await startOddServer(lab, lab.live, PORT + 2, "early_413");
    const file = join(lab.dir, "refused");
    writeFileSync(file, randomBytes(3 * MB));
    const args = ["--port", String(PORT + 2), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
    const all = [...args, "--allow-methods", "all"];
    const { summary } = await mirrorDuring(lab, lab.live, all, () =>
      // How curl ends depends on whether the 413 or the reset reaches it first.
      lab.client.run("curl", [
        ...["-sS", "-o", "/dev/null", "-H", "Expect:", "--data-binary", `@${file}`],
        `http://${ADDRESS.live.v4}:${PORT + 2}/refused`,
      ]),
    );
    await refusing.program.stop("SIGKILL");
    const copies = shadow.requests().filter(({ url }) => url === "/refused");
    assert.ok(copies.every(({ complete, bodyBytes }) => complete === (bodyBytes === 3 * MB)));
    assert.deepEqual(faults(summary), []);
    assert.equal(summary.ledger.capture.seen, 1);
  });
});
