/** A soak of 20 seconds: what scripts/soak does for hours, as far as so short a time can tell. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { renderReport } from "../../scripts/soaking/report.ts";
import { soak } from "../../scripts/soaking/run.ts";
import { judge } from "../../scripts/soaking/verdicts.ts";

it("a short soak finds nothing wrong", async () => {
  const history = await soak({ durationMs: 20_000, intervalMs: 5_000, onCheckpoint: () => {} });
  const verdicts = judge(history);
  // How fast a machine is that does other things, too, is not what a short test can tell.
  const failed = verdicts.filter(
    ({ name, outcome }) => outcome === "failed" && name !== "Live latency",
  );
  assert.deepEqual(failed, []);
  assert.ok(history.checkpoints.length >= 2);
  assert.ok(history.end.delivered > 100, `${history.end.delivered} delivered`);
  for (const kind of ["reload", "restart", "pause"])
    assert.ok(
      history.disturbances.some((one) => one.kind === kind),
      kind,
    );
  assert.match(renderReport(history, verdicts), /<svg/);
});
