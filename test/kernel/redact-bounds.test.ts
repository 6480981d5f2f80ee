/** What redaction must read has bounds: the rest is refused and counted, and memory stays what it was. */
import assert from "node:assert/strict";
import { closeSync, ftruncateSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";

const PORT = 8080;
const GB = 1_000_000_000;
const MB = 1_000_000;
const JSON_BODY = ["-o", "/dev/null", "-H", "Content-Type: application/json"];

describe("bodies that redaction cannot hold", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
    for (const host of [lab.live, lab.shadow]) await startBodyServer(lab, host, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  it("are refused: a chunked upload of 1 GB, and 200 MB of blanks in a gzip file", async () => {
    const url = `http://${ADDRESS.live.v4}:${PORT}`;
    const huge = join(lab.dir, "huge");
    const fd = openSync(huge, "w");
    ftruncateSync(fd, GB);
    closeSync(fd);
    const bomb = join(lab.dir, "bomb");
    writeFileSync(bomb, gzipSync(Buffer.alloc(200 * MB, " ")));
    const args = ["--port", `${PORT}`, "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
    const flags = [...args, "--allow-methods", "all", "--redact", "standard"];
    const { summary, stderr } = await mirrorDuring(lab, lab.live, flags, async () => {
      await curl(
        lab.client,
        ...JSON_BODY,
        "-H",
        "Transfer-Encoding: chunked",
        "-T",
        huge,
        "-X",
        "POST",
        url,
      );
      const gzip = ["-H", "Content-Encoding: gzip", "--data-binary", `@${bomb}`];
      await curl(lab.client, ...JSON_BODY, ...gzip, url);
      await curl(lab.client, ...JSON_BODY, "-d", '{"mail":"bob@example.com"}', url);
    });
    assert.deepEqual(faults(summary), [], stderr);
    assert.equal(summary.ledger.capture.seen, 3);
    const { refused } = summary.ledger.rules[0] as { refused: Record<string, number> };
    assert.equal(refused["too_large"], 2, JSON.stringify(refused));
    assert.equal(firstTarget(summary).delivered, 1);
    assert.ok(summary.cost.max_rss_bytes < 400 * MB, `${summary.cost.max_rss_bytes} bytes`);
  });
});
