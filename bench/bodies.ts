/**
 * Bodies of 1, 10 and 100 MB, with a length and chunked: byte for byte the same at the shadow, in flat memory. Uploaded at 50 MB/s
 * (--rate: curl's --limit-rate), because nothing holds a live client back: a shadow that is slower than the upload is cut off
 * once its buffer is full, and that is counted.
 */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { total } from "../src/model/ledger.ts";
import { startBodyServer } from "../test/lab/body-server.ts";
import { ADDRESS, createLab } from "../test/lab/lab.ts";
import { curl } from "../test/lab/load.ts";
import { until } from "../test/lab/wait.ts";
import { PORT, shadowtap } from "./contenders.ts";
import { treeMemory } from "./process-tree.ts";
import { formatTable } from "./table.ts";

const SIZES_MB = [1, 10, 100];
const FRAMINGS = { sized: "X-Framing: length", chunked: "Transfer-Encoding: chunked" } as const;
const { values } = parseArgs({ options: { rate: { type: "string", default: "50M" } } });
const rows = [["body", "arrived", "identical", "peak MB, ring apart"]];
const lab = await createLab();
try {
  await startBodyServer(lab, lab.live, { port: PORT });
  const shadow = await startBodyServer(lab, lab.shadow, { port: PORT });
  const mirror = await shadowtap("shadowtap", "--allow-methods", "all", "--timeout", "60s").start(
    lab,
  );
  for (const megabytes of SIZES_MB)
    for (const [framing, header] of Object.entries(FRAMINGS)) {
      const body = randomBytes(megabytes * 1_000_000);
      const file = join(lab.dir, "body");
      writeFileSync(file, body);
      const already = shadow.requests().length;
      const url = `http://${ADDRESS.live.v4}:${PORT}/${framing}`;
      const options = ["-H", header, "-H", "Expect:", "--limit-rate", values.rate];
      await curl(lab.client, "-o", "/dev/null", ...options, "--data-binary", `@${file}`, url);
      const arrived = () => shadow.requests().slice(already);
      await until(
        () => arrived().length > 0,
        20_000,
        () => "no copy",
      ).catch(() => undefined);
      const [copy] = arrived();
      const sha256 = createHash("sha256").update(body).digest("hex");
      const { peakBytes, ringBytes } = treeMemory(mirror.pid ?? 0);
      rows.push([
        `${megabytes} MB ${framing}`,
        copy === undefined ? "no" : `${copy.bodyBytes}`,
        String(copy?.complete === true && copy.bodySha256 === sha256),
        ((peakBytes - ringBytes) / 1e6).toFixed(0),
      ]);
    }
  const summary = await mirror.stop();
  console.log(formatTable(rows));
  console.log(`not delivered: ${total(summary?.ledger.targets[0]?.failed ?? {})}`);
} finally {
  await lab[Symbol.asyncDispose]();
}
