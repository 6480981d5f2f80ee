import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "../../src/agent/pace.ts";

/** Asks `times` times, `everyMs` apart (or as long as it said); returns the answers. */
function play(
  pace: ReturnType<typeof createPace>,
  clock: { ms: number },
  times: number,
  everyMs: number,
  found: (i: number) => number,
  blocked = 0,
) {
  return Array.from({ length: times }, (_, i) => {
    const answer = pace.next(found(i), blocked, clock.ms);
    clock.ms += answer.kind === "wake" ? everyMs : answer.ms;
    return answer.kind === "tick" || answer.kind === "sparse" ? answer.ms : answer.kind;
  });
}

test("a few requests a second are waited for, each wake-up as it comes", () => {
  const answers = play(createPace(), { ms: 1000 }, 300, 80, () => 1);
  assert.ok(answers.every((answer) => answer === "wake"));
});

test("many wake-ups turn into ticks, as long as the delay allows", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  const answers = play(pace, clock, 60, 0.5, () => 100);
  assert.equal(answers[0], "wake");
  assert.equal(answers.at(-1), 8);
  assert.ok(answers.indexOf(2) > 0 && answers.indexOf(2) < 20);
});

test("ticks are longer while few segments come, and short again when many do", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  assert.equal(play(pace, clock, 80, 0.5, () => 5).at(-1), 160);
  assert.deepEqual(
    play(pace, clock, 3, 0, () => 1000),
    [8, 8, 8],
  );
});

test("bursts neither shorten ticks nor end them", () => {
  const pace = createPace();
  /** Sixteen requests and the beginnings of their answers, all 160 ms. */
  const arrivals = Array.from(
    { length: 63 * 32 },
    (_, i) => 1000 + Math.floor(i / 32) * 160 + (i % 32) * 0.1,
  );
  let looks = 0;
  let seen = 0;
  for (let nowMs = 1000; nowMs < 11_000; looks++) {
    const found = arrivals.findLastIndex((ms) => ms <= nowMs) + 1;
    const pause = pace.next(found - seen, 0, nowMs);
    seen = found;
    nowMs = pause.kind === "wake" ? (arrivals[seen] ?? 11_000) : nowMs + pause.ms;
  }
  assert.ok(looks < 10 * 10, `${looks} looks in 10 s`);
});

test("of a tick that is too long for an upload, the ring's filling is the other end", () => {
  const pace = createPace();
  const kinds = new Map<string, number>();
  for (let nowMs = 1000, i = 0; i < 60; i++) {
    const pause = pace.next(5, 0, nowMs);
    if (pause.kind === "wake") nowMs += 0.5;
    else {
      nowMs += pause.ms;
      kinds.set(pause.kind, Math.max(pause.ms, kinds.get(pause.kind) ?? 0));
    }
  }
  assert.equal(kinds.get("tick"), 8);
  assert.equal(kinds.get("sparse"), 160);
});

test("ticks shorten while requests wait behind others, and lengthen after", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  play(pace, clock, 60, 0.5, () => 100);
  assert.deepEqual(
    play(pace, clock, 5, 0, () => 100, 1),
    [4, 2, 1, 1, 1],
  );
  assert.deepEqual(
    play(pace, clock, 3, 0, () => 100),
    [2, 3, 4],
  );
});

test("behind a long tick, requests that wait hurry the next looks, and the tick stays as long", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  play(pace, clock, 80, 0.5, () => 5);
  const few = (found: number, blocked: number) => play(pace, clock, 1, 0, () => found, blocked)[0];
  assert.equal(few(20, 0), 160);
  assert.deepEqual(
    [few(20, 3), few(0, 3), few(0, 2), few(0, 1)],
    [2, "answer", 2, "answer"],
    "first what most answers need, then as long as the next one takes",
  );
  assert.equal(few(0, 0), 160);
  assert.equal(few(20, 1), 2, "anew, behind every tick");
});

test("one that waits for ever does not keep ticks long when much begins to come", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  play(pace, clock, 80, 0.5, () => 5);
  const answers = play(pace, clock, 6, 0, () => 1000, 1);
  assert.deepEqual(answers.slice(-3), [1, 1, 1]);
});

test("with very many behind others it goes by the answers, until they are fewer", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  assert.deepEqual(play(pace, clock, 3, 0, () => 100, 200).slice(-2), ["answer", "answer"]);
  assert.deepEqual(
    play(pace, clock, 2, 0, () => 100, 10),
    [1, 1],
  );
});

test("mostly empty ticks end the ticking", () => {
  const clock = { ms: 1000 };
  const pace = createPace();
  play(pace, clock, 60, 0.5, () => 100);
  const answers = play(pace, clock, 64, 80, (i) => (i % 8 === 0 ? 1 : 0));
  assert.equal(answers.at(-1), "wake");
});

test("a steady trickle is ticked for, whatever the ticks' length was when it was counted", () => {
  const pace = createPace();
  let looks = 0;
  let foundMs = 1000;
  for (let nowMs = 1000; nowMs < 31_000; looks++) {
    const found = Math.floor((nowMs - foundMs) / 25);
    foundMs += found * 25;
    const pause = pace.next(found, 0, nowMs);
    nowMs = pause.kind === "wake" ? foundMs + 25 : nowMs + pause.ms;
  }
  assert.ok(looks < 30 * 10, `${looks} looks in 30 s, at 40 segments a second`);
});
