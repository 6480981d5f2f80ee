import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Ramp } from "../../src/model/rule.ts";
import { createRamp, type RampWindow } from "../../src/select/ramp.ts";
import { createRandom32 } from "../../src/select/random.ts";
import { fc } from "../fuzz/property.ts";

const MINUTE = 60_000;
const quiet: RampWindow = { offered: 0, failed: 0, serverErrors: 0, p99Ms: undefined };

function ramp(members: Partial<Ramp> = {}): Ramp {
  return {
    from: 0.01,
    to: 0.5,
    overMs: 10 * MINUTE,
    steps: 10,
    guard: { maxErrorRatio: 0.01, maxP99Ms: undefined },
    ...members,
  };
}

interface Change {
  readonly atMs: number;
  readonly step: number;
}

interface Shadow {
  /** Requests a second of which the share is drawn. */
  readonly rps: number;
  /** Share of copies that go wrong, by the share that is mirrored and the time. */
  errors?(share: number, atMs: number): number;
  p99Ms?(share: number, atMs: number): number;
}

/** Runs a ramp against a shadow, observing every second, until `untilMs`; collects each change of its step. */
function simulate(plan: Ramp, shadow: Shadow, untilMs: number) {
  const control = createRamp(plan, 0);
  const random = createRandom32(5);
  const uniform = () => random() / 2 ** 32;
  const changes: Change[] = [{ atMs: 0, step: 1 }];
  const reasons: string[] = [];
  let owed = 0;
  for (let atMs = 1000; atMs <= untilMs; atMs += 1000) {
    owed += shadow.rps * control.share;
    const offered = Math.floor(owed);
    owed -= offered;
    const ratio = shadow.errors?.(control.share, atMs) ?? 0;
    let wrong = 0;
    for (let i = 0; i < offered; i++) if (uniform() < ratio) wrong++;
    const serverErrors = wrong >> 1;
    const p99Ms = offered > wrong ? (shadow.p99Ms?.(control.share, atMs) ?? 5) : undefined;
    const window = { offered, failed: wrong - serverErrors, serverErrors, p99Ms };
    assert.equal(control.observe(window, atMs), control.share);
    const { step, reason } = control.status;
    if (step !== changes.at(-1)?.step) changes.push({ atMs, step });
    if (reason !== undefined && reason !== reasons.at(-1)) reasons.push(reason);
  }
  return { control, changes, reasons };
}

function gaps(changes: readonly Change[]): number[] {
  return changes.slice(1).map((change, i) => change.atMs - (changes[i]?.atMs ?? 0));
}

describe("ramp without trouble", () => {
  test("equal steps, each held as long, then done", () => {
    const { control, changes } = simulate(ramp(), { rps: 1000 }, 9 * MINUTE);
    assert.deepEqual(
      changes.map(({ step }) => step),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    for (const gap of gaps(changes)) assert.equal(gap, MINUTE);
    assert.deepEqual(control.status, { step: 10, steps: 10, state: "done", reason: undefined });
    assert.equal(control.share, 0.5);
  });

  test("shares go from the first to the last in equal steps", () => {
    const control = createRamp(ramp({ from: 0.1, to: 0.5, steps: 5, guard: undefined }), 0);
    const shares = [0, 1, 2, 3, 4, 5, 6].map((step) => control.observe(quiet, step * 2 * MINUTE));
    const expected = [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5];
    for (const [i, share] of shares.entries())
      assert.ok(Math.abs(share - (expected[i] ?? 0)) < 1e-12, `${shares}`);
  });

  test("without a guard it goes by the clock alone, however rarely it is asked", () => {
    const control = createRamp(ramp({ guard: undefined }), 500);
    const awful = { offered: 100, failed: 100, serverErrors: 0, p99Ms: 1e6 };
    control.observe(awful, 500 + MINUTE - 1);
    assert.equal(control.status.step, 1);
    control.observe(awful, 500 + MINUTE);
    assert.deepEqual(control.status, { step: 2, steps: 10, state: "rising", reason: undefined });
    control.observe(awful, 500 + 4.5 * MINUTE);
    assert.equal(control.status.step, 5);
    control.observe(awful, 500 + 5 * MINUTE);
    assert.equal(control.status.step, 6, "what was late does not add up");
    control.observe(awful, 1e9);
    assert.deepEqual(control.status, { step: 10, steps: 10, state: "done", reason: undefined });
  });

  test("one step is its end", () => {
    const control = createRamp(ramp({ steps: 1 }), 0);
    assert.equal(control.share, 0.5);
    assert.equal(control.status.state, "done");
    control.observe({ ...quiet, offered: 100, failed: 100 }, 1000);
    assert.equal(control.share, 0.5);
    assert.equal(control.status.state, "held_back");
  });

  test("with a guard it stays until there is a copy to go by", () => {
    const control = createRamp(ramp(), 0);
    for (let atMs = 0; atMs <= 30 * MINUTE; atMs += 1000) control.observe(quiet, atMs);
    assert.equal(control.status.step, 1);
    assert.equal(control.observe({ ...quiet, offered: 1 }, 31 * MINUTE), control.share);
    assert.equal(control.status.step, 2);
  });
});

describe("ramp with a shadow that fails", () => {
  /** Steps of 1 %, 6.4 %, 11.9 %, …: the third is the first that is too much. */
  const failsAtTenPercent = (share: number) => (share >= 0.1 ? 0.3 : 0.001);

  test("at 10 %: it goes back to the step below within seconds, and tries again more and more rarely", () => {
    const { control, changes, reasons } = simulate(
      ramp(),
      { rps: 2000, errors: failsAtTenPercent },
      60 * MINUTE,
    );
    assert.deepEqual(
      changes.slice(0, 8).map(({ step }) => step),
      [1, 2, 3, 2, 3, 2, 3, 2],
    );
    const intervals = gaps(changes);
    for (let i = 2; i < intervals.length; i += 2)
      assert.ok((intervals[i] ?? 0) <= 2000, `the third step was kept for ${intervals[i]} ms`);
    assert.deepEqual(
      intervals.filter((_, i) => i % 2 === 1),
      [1, 1, 2, 4, 8, 8, 8, 8, 8, 8].slice(0, intervals.length >> 1).map((n) => n * MINUTE),
    );
    assert.equal(control.status.state, "held_back");
    assert.match(
      reasons[0] ?? "",
      /^At 11\.9 % \d+ of \d+ copies failed or were answered with 5xx \([\d.]+ %, more than 1 %\): it went back to 6\.44 %\.$/,
    );
  });

  test("at 10 %, then recovers: it reaches the end", () => {
    const errors = (share: number, atMs: number) =>
      atMs < 10 * MINUTE ? failsAtTenPercent(share) : 0.001;
    const { control, changes } = simulate(ramp(), { rps: 2000, errors }, 40 * MINUTE);
    assert.equal(control.status.step, 10);
    assert.equal(control.status.state, "done");
    assert.match(control.status.reason ?? "", /^At 11\.9 %/, "why it last went back stays known");
    assert.ok(changes.every(({ step, atMs }) => step <= 3 || atMs >= 10 * MINUTE));
  });

  test("everywhere: it goes down step by step and stays at the first", () => {
    const errors = (_: number, atMs: number) => (atMs > 5.5 * MINUTE ? 1 : 0);
    const { control, changes } = simulate(ramp(), { rps: 2000, errors }, 20 * MINUTE);
    assert.deepEqual(
      changes.map(({ step }) => step),
      [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1],
    );
    assert.ok((changes.at(-1)?.atMs ?? 0) < 5.5 * MINUTE + 10_000);
    assert.equal(control.share, 0.01);
    assert.equal(control.status.state, "held_back");
    assert.match(control.status.reason ?? "", /^At 1 % .*: it stays at 1 %, the first step\.$/);
  });

  test("when it was done: the guard still watches", () => {
    const errors = (_: number, atMs: number) =>
      atMs > 15 * MINUTE && atMs < 16 * MINUTE ? 0.2 : 0;
    const { control, changes } = simulate(ramp(), { rps: 1000, errors }, 30 * MINUTE);
    assert.ok(changes.some(({ step, atMs }) => step < 10 && atMs > 15 * MINUTE));
    assert.equal(control.status.state, "done");
  });

  test("a little more than is allowed, which only a whole step can tell", () => {
    const errors = (share: number) => (share >= 0.1 ? 0.013 : 0.005);
    const { changes } = simulate(ramp(), { rps: 2000, errors }, 6 * MINUTE);
    assert.ok(changes.some(({ step }) => step === 3));
    assert.ok(changes.every(({ step }) => step <= 3));
  });

  test("a little less than is allowed: chance alone does not hold it back for long", () => {
    const { control } = simulate(ramp(), { rps: 500, errors: () => 0.004 }, 30 * MINUTE);
    assert.equal(control.status.step, 10);
  });

  test("at a very low rate a few copies are judged after a time", () => {
    const all = simulate(
      ramp(),
      { rps: 3, errors: (share) => (share > 0.05 ? 1 : 0) },
      60 * MINUTE,
    );
    assert.ok(all.changes.some(({ step }) => step === 2));
    assert.ok(all.changes.every(({ step }) => step <= 2));
    const good = simulate(ramp(), { rps: 3 }, 20 * MINUTE);
    assert.equal(good.control.status.step, 10);
  });

  test("waits are never shorter than 5 s nor, undoubled, longer than 5 min", () => {
    const errors = (share: number) => (share > 0.2 ? 1 : 0);
    const quick = simulate(ramp({ overMs: 10_000 }), { rps: 2000, errors }, 2 * MINUTE);
    assert.deepEqual(gaps(quick.changes).slice(0, 4), [1000, 1000, 1000, 1000]);
    const waits = gaps(quick.changes.slice(quick.changes.findIndex(({ step }) => step === 5)));
    assert.deepEqual(
      waits.filter((_, i) => i % 2 === 1).slice(0, 4),
      [5000, 10_000, 20_000, 40_000],
    );
    const slow = simulate(ramp({ overMs: 600 * MINUTE }), { rps: 2000, errors }, 330 * MINUTE);
    const late = gaps(slow.changes.slice(slow.changes.findIndex(({ step }) => step === 5)));
    assert.deepEqual(
      late.filter((_, i) => i % 2 === 1).slice(0, 4),
      [5, 10, 20, 40].map((n) => n * MINUTE),
    );
  });

  test("a step that held is forgiven: when it fails much later, the first wait is short again", () => {
    // The second step of two fails for seven minutes, then holds, then fails once more.
    const isBad = (atMs: number) => atMs < 7 * MINUTE || atMs === 20 * MINUTE;
    const errors = (share: number, atMs: number) => (share === 0.5 && isBad(atMs) ? 1 : 0);
    const plan = ramp({ steps: 2, overMs: 2 * MINUTE });
    const { changes } = simulate(plan, { rps: 200, errors }, 25 * MINUTE);
    assert.deepEqual(
      changes.map(({ step }) => step),
      [1, 2, 1, 2, 1, 2, 1, 2, 1, 2],
    );
    const waits = gaps(changes).filter((_, i) => i % 2 === 0);
    assert.deepEqual(
      waits,
      [1, 1, 2, 4, 1].map((n) => n * MINUTE),
    );
  });

  test("while a step is long, a few copies that all fail are judged within minutes", () => {
    const errors = (share: number) => (share > 0.05 ? 1 : 0);
    const { changes } = simulate(ramp({ overMs: 100 * MINUTE }), { rps: 1, errors }, 15 * MINUTE);
    assert.deepEqual(
      changes.map(({ step }) => step),
      [1, 2, 1],
    );
    assert.ok((gaps(changes)[1] ?? 0) <= 2 * MINUTE, `${gaps(changes)}`);
  });

  test("what fails when nothing is offered any more counts too", () => {
    const control = createRamp(ramp(), 0);
    control.observe({ ...quiet, offered: 0, failed: 20, serverErrors: 10 }, 1000);
    assert.match(control.status.reason ?? "", /^At 1 % 30 of 30 copies/);
  });

  test("copies that fail after the step back are no new attempt", () => {
    const control = createRamp(ramp(), 0);
    let atMs = 0;
    const observe = (failed: number, times: number) => {
      for (let i = 0; i < times; i++) {
        atMs += 1000;
        control.observe({ offered: 100, failed, serverErrors: 0, p99Ms: 5 }, atMs);
      }
      return control.status.step;
    };
    assert.equal(observe(0, 240), 5);
    assert.equal(observe(100, 10), 1);
    assert.equal(observe(0, 59), 1);
    assert.equal(observe(0, 1), 2, "one hold, not doubled by what failed on the way down");
    assert.equal(observe(0, 60), 3);
  });
});

describe("ramp with a slow shadow", () => {
  const guard = { maxErrorRatio: undefined, maxP99Ms: 500 };

  test("steps back where its answers are too slow, and errors are not looked at", () => {
    const shadow: Shadow = {
      rps: 2000,
      errors: () => 0.5,
      p99Ms: (share) => (share >= 0.1 ? 800 : 20),
    };
    const { changes, reasons } = simulate(ramp({ guard }), shadow, 10 * MINUTE);
    assert.deepEqual(
      changes.slice(0, 4).map(({ step }) => step),
      [1, 2, 3, 2],
    );
    assert.ok((gaps(changes)[2] ?? MINUTE) <= 2000);
    assert.equal(
      reasons[0],
      "At 11.9 % the 99th percentile of the shadow's answers reached 800 ms, more than 500 ms: it went back to 6.44 %.",
    );
  });

  test("one slow answer among few is not a percentile", () => {
    const control = createRamp(ramp({ guard }), 0);
    for (let second = 1; second <= 100; second++)
      control.observe(
        { offered: 2, failed: 0, serverErrors: 0, p99Ms: second === 30 ? 900 : 5 },
        second * 1000,
      );
    assert.deepEqual(control.status, { step: 2, steps: 10, state: "rising", reason: undefined });
  });

  test("one slow second of many does not count, most of them do", () => {
    for (const [slow, isOver] of [
      [1, false],
      [59, true],
    ] as const) {
      const control = createRamp(ramp({ guard, steps: 2, overMs: 2 * MINUTE }), 0);
      for (let second = 1; second <= 60; second++)
        control.observe(
          { offered: 50, failed: 0, serverErrors: 0, p99Ms: second <= slow ? 501 : 500 },
          second * 1000,
        );
      assert.equal(control.status.state, isOver ? "held_back" : "done", `${slow} slow seconds`);
    }
  });

  test("at a low rate more than one slow answer in a hundred counts, before the next step", () => {
    const control = createRamp(ramp({ guard }), 0);
    for (let second = 1; second <= 60; second++)
      control.observe({ ...quiet, offered: 1, p99Ms: second % 20 === 0 ? 900 : 5 }, second * 1000);
    assert.equal(control.status.state, "held_back");
  });

  test("neither errors nor latency asked for: it rises", () => {
    const { control } = simulate(
      ramp({ guard: { maxErrorRatio: undefined, maxP99Ms: undefined } }),
      { rps: 100, errors: () => 1, p99Ms: () => 1e6 },
      10 * MINUTE,
    );
    assert.equal(control.status.state, "done");
  });
});

const anyWindow = fc.record({
  offered: fc.nat(300),
  failed: fc.constantFrom(0, 0, 0, 1, 5, 300),
  serverErrors: fc.constantFrom(0, 0, 0, 2),
  p99Ms: fc.constantFrom(undefined, 5, 5, 900),
});

test("whatever happens, a ramp moves one step at a time and never forward soon after a step back", () => {
  const guard = { maxErrorRatio: 0.05, maxP99Ms: 500 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.tuple(anyWindow, fc.nat(8000)), { maxLength: 300, size: "max" }),
      (steps, holdSeconds, windows) => {
        const holdMs = holdSeconds * 1000;
        const control = createRamp(ramp({ steps, overMs: holdMs * steps, guard }), 0);
        let now = 0;
        let step = 1;
        let since = 0;
        let lastBack = Number.NEGATIVE_INFINITY;
        for (const [window, laterMs] of windows) {
          now += laterMs;
          const share = control.observe(window, now);
          const { status } = control;
          assert.ok(Math.abs(status.step - step) <= 1);
          assert.ok(share >= 0.01 && share <= 0.5);
          if (status.step > step) {
            assert.ok(now - since >= holdMs);
            assert.ok(now - lastBack >= Math.max(5000, holdMs));
          }
          if (status.step < step) lastBack = now;
          if (status.step !== step) since = now;
          step = status.step;
          assert.ok(status.state !== "held_back" || status.reason !== undefined);
        }
      },
    ),
    { numRuns: 300 },
  );
});
