/** What shadowtap costs when nothing happens, and when hardly anything does: percent of one core. */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ADDRESS, createLab } from "../test/lab/lab.ts";
import { paced } from "../test/lab/load.ts";
import { startNginx } from "../test/lab/nginx.ts";
import { PORT, shadowtap } from "./contenders.ts";
import { treeCpuSeconds, treeMemory } from "./process-tree.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "20" } } });
const seconds = Number(values.seconds);
const lab = await createLab();
try {
  await startNginx(lab, lab.live, { port: PORT });
  await startNginx(lab, lab.shadow, { port: PORT });
  const mirror = await shadowtap("shadowtap").start(lab);
  const { pid = 0 } = mirror;
  const url = `http://${ADDRESS.live.v4}:${PORT}/`;
  const percentOfCore = async (work: () => Promise<unknown>): Promise<string> => {
    const before = treeCpuSeconds(pid);
    await work();
    return `${(((treeCpuSeconds(pid) - before) / seconds) * 100).toFixed(2)} % of a core`;
  };

  // Let the start settle: modules are loaded and compiled lazily.
  await delay(2_000);
  console.log(`never used:     ${await percentOfCore(() => delay(seconds * 1_000))}`);
  await paced(lab, lab.client, { url, connections: 8, requestsPerSecond: 2_000, seconds: 2 });
  await delay(1_000);
  console.log(`after some use: ${await percentOfCore(() => delay(seconds * 1_000))}`);
  const load = { url, connections: 1, requestsPerSecond: 10, seconds };
  console.log(`10 req/s:       ${await percentOfCore(() => paced(lab, lab.client, load))}`);
  const { peakBytes, ringBytes } = treeMemory(pid);
  const megabytes = ((peakBytes - ringBytes) / 1e6).toFixed(0);
  console.log(
    `peak memory:    ${megabytes} MB and ${(ringBytes / 1e6).toFixed(0)} MB of ring pages`,
  );
  await mirror.stop();
} finally {
  await lab[Symbol.asyncDispose]();
}
