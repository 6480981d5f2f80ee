/** What cannot be read is recognised, counted and said once; what leaves HTTP is skipped. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring, runShadowtap } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { startSocketClient } from "../lab/socket-client.ts";

const HTTP = 8080;
const HTTPS = 8443;
const TARGET = `http://${ADDRESS.shadow.v4}:${HTTP}`;
const SECURE_TARGET = `https://${ADDRESS.shadow.v4}:${HTTPS}`;

function makeCertificate(dir: string): { cert: string; key: string } {
  const cert = join(dir, "cert.pem");
  const key = join(dir, "key.pem");
  const subject = ["-subj", "/CN=shadow", "-addext", "subjectAltName=IP:10.77.2.3,IP:10.77.1.2"];
  const files = ["-keyout", key, "-out", cert];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", ...kind, ...files, "-days", "2", ...subject], {
    stdio: "ignore",
  });
  return { cert, key };
}

describe("protocols", () => {
  let lab: Lab;
  let shadow: Nginx;
  let tls: { cert: string; key: string };

  before(async () => {
    lab = await createLab();
    tls = makeCertificate(lab.dir);
    await startNginx(lab, lab.live, { port: HTTP, location: "return 200 live;" });
    await startNginx(lab, lab.live, { port: HTTPS, tls });
    shadow = await startNginx(lab, lab.shadow, { port: HTTP });
    await startNginx(lab, lab.shadow, { port: HTTPS, tls });
  });
  after(() => lab[Symbol.asyncDispose]());

  function count(text: string, pattern: RegExp): number {
    return text.split("\n").filter((line) => pattern.test(line)).length;
  }

  it("TLS on a captured port is said once and counted", async () => {
    const args = ["--port", `${HTTP},${HTTPS}`, "--to", TARGET];
    const already = await shadow.count();
    const { summary, stderr } = await mirrorDuring(lab, lab.live, args, async () => {
      for (let turn = 0; turn < 3; turn++)
        await curl(lab.client, "--insecure", `https://${ADDRESS.live.v4}:${HTTPS}/`);
      await curl(lab.client, `http://${ADDRESS.live.v4}:${HTTP}/`);
    });
    assert.equal(summary.ledger.capture.skipped.not_http, 3);
    assert.equal(firstTarget(summary).delivered, 1);
    assert.equal((await shadow.count()) - already, 1);
    assert.equal(count(stderr, /speaks TLS/), 1, stderr);
    assert.deepEqual(faults(summary), []);
  });

  it("HTTP/2 on a captured port is said once and counted", async () => {
    const args = ["--port", String(HTTP), "--to", TARGET];
    const { summary, stderr } = await mirrorDuring(lab, lab.live, args, async () => {
      for (let turn = 0; turn < 2; turn++) {
        const socket = await startSocketClient(lab.client).connect("10.77.1.2", HTTP);
        await socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await socket.until("HTTP/1.1 ");
        await socket.end();
      }
      await curl(lab.client, `http://${ADDRESS.live.v4}:${HTTP}/`);
    });
    assert.equal(summary.ledger.capture.skipped.not_http, 2);
    assert.equal(firstTarget(summary).delivered, 1);
    assert.equal(count(stderr, /speaks HTTP\/2/), 1, stderr);
    assert.deepEqual(faults(summary), []);
  });

  it("an https shadow is checked against --ca", async () => {
    const args = ["--port", String(HTTP), "--to", SECURE_TARGET, "--ca", tls.cert];
    const { code, summary, stderr } = await mirrorDuring(lab, lab.live, args, async () => {
      for (let turn = 0; turn < 5; turn++)
        await curl(lab.client, `http://${ADDRESS.live.v4}:${HTTP}/secure`);
    });
    assert.equal(code, 0, stderr);
    assert.equal(firstTarget(summary).delivered, 5, stderr);
  });

  it("an https shadow is not checked with --insecure", async () => {
    const args = ["--port", String(HTTP), "--to", SECURE_TARGET, "--insecure"];
    const { summary } = await mirrorDuring(lab, lab.live, args, () =>
      curl(lab.client, `http://${ADDRESS.live.v4}:${HTTP}/insecure`),
    );
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("an https shadow that nobody vouches for is refused, with what to do", async () => {
    const args = ["mirror", "--port", String(HTTP), "--to", SECURE_TARGET];
    const { code, stderr } = await runShadowtap(lab.live, args);
    assert.equal(code, 69, stderr);
    assert.match(stderr, /--ca.*--insecure/s);
  });
});
