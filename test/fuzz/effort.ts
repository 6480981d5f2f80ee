const seconds = process.env["SHADOWTAP_FUZZ_SECONDS"];

/** How long new inputs are asked for, for each target; undefined in an ordinary test run. */
export const FUZZ_SECONDS = seconds === undefined ? undefined : Number(seconds);

/**
 * What inputs are made of. An ordinary test run makes the same ones every time, so that it fails by what was changed and by nothing
 * else; a search for as long as was asked makes new ones.
 */
export const FUZZ_SEED = Number(
  process.env["SHADOWTAP_FUZZ_SEED"] ?? (FUZZ_SECONDS === undefined ? 1 : Date.now() % 2 ** 31),
);

/** Numbers the inputs of one target from 1: `inputs` of them in an ordinary test run. */
export function* fuzzInputs(inputs: number): Generator<number> {
  const untilMs = performance.now() + (FUZZ_SECONDS ?? 0) * 1000;
  const goesOn = (number: number) =>
    FUZZ_SECONDS === undefined ? number <= inputs : performance.now() < untilMs;
  for (let number = 1; goesOn(number); number++) yield number;
}
