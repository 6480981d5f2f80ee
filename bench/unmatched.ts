/** What a packet that nobody asked for costs: full load on one port while another one is mirrored. */
import { parseArgs } from "node:util";
import { loadedPrograms } from "../test/lab/bpf.ts";
import { ADDRESS, createLab } from "../test/lab/lab.ts";
import { full } from "../test/lab/load.ts";
import { startNginx } from "../test/lab/nginx.ts";
import { PORT, shadowtap } from "./contenders.ts";
import { kernelNsPerRun } from "./measure.ts";

const OTHER_PORT = 9090;
const { values } = parseArgs({ options: { seconds: { type: "string", default: "3" } } });
const lab = await createLab();
try {
  await startNginx(lab, lab.live, { port: PORT, log: false });
  await startNginx(lab, lab.live, { port: OTHER_PORT, log: false });
  await startNginx(lab, lab.shadow, { port: PORT, log: false });
  const load = {
    url: `http://${ADDRESS.live.v4}:${OTHER_PORT}/`,
    connections: 16,
    seconds: Number(values.seconds),
  };
  const bare = await full(lab, lab.client, load);
  console.log(`no mirror:   ${bare.requestsPerSecond.toFixed(0)} req/s`);
  for (const hook of ["cgroup", "tc"]) {
    const before = loadedPrograms();
    const mirror = await shadowtap("shadowtap", "--hook", hook).start(lab);
    const { requestsPerSecond } = await full(lab, lab.client, load);
    const ns = await kernelNsPerRun(before, () => full(lab, lab.client, load));
    await mirror.stop();
    console.log(
      `${hook.padEnd(6)} hook: ${requestsPerSecond.toFixed(0)} req/s, ${ns.toFixed(0)} ns a packet in the kernel`,
    );
  }
} finally {
  await lab[Symbol.asyncDispose]();
}
