/** The lab itself: what a killed test run leaves behind is removed by the next one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { createLab } from "../lab/lab.ts";
import { until } from "../lab/wait.ts";

const LAB = join(import.meta.dirname, "../lab");
const SCRIPT = `
  import { createLab } from ${JSON.stringify(join(LAB, "lab.ts"))};
  import { startNginx } from ${JSON.stringify(join(LAB, "nginx.ts"))};
  const lab = await createLab();
  const nginx = await startNginx(lab, lab.live, { port: 8080 });
  console.log(JSON.stringify({ netns: lab.live.netnsPath, nginx: nginx.program.pid }));
  setInterval(() => {}, 1000);
`;

it("sweeps the lab of a run that was killed", async () => {
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", SCRIPT];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const { netns, nginx } = JSON.parse(String(line));
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(existsSync(netns) && existsSync(`/proc/${nginx}`));

  const lab = await createLab();
  await lab[Symbol.asyncDispose]();
  assert.ok(!existsSync(netns));
  await until(
    () => !existsSync(`/proc/${nginx}/exe`),
    2_000,
    () => "nginx still runs",
  );
});
