/** Appends entries to a trail, and says when they are there: argv is FILE NAME COUNT. */
import { openTrail } from "../../../src/agent/audit/trail-file.ts";

const [path = "", run = "", count = ""] = process.argv.slice(2);
const trail = await openTrail(path);
for (let index = 0; index < Number(count); index++) {
  const change = { what: "share", rule: `${run}-${index}`, share: 1, reason: null } as const;
  await trail.append({
    time: new Date().toISOString(),
    run,
    event: "change",
    by: { kind: "ramp" },
    change,
  });
  process.stdout.write(".");
}
await trail.close();
