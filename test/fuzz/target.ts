import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { FUZZ_SEED, fuzzInputs } from "./effort.ts";
import { createRandom } from "./http1-input.ts";

export type Random = (below: number) => number;

/** One thing that any bytes may be given to. */
export interface FuzzTarget {
  /** Of its folder in corpus/. */
  readonly name: string;
  /** Makes an input that is likely to lead somewhere. */
  generate(random: Random): Uint8Array;
  /** Takes an input, a copy that it may change; throws when something is wrong. */
  run(input: Uint8Array): void | Promise<void>;
}

/** In an ordinary test run: each of the targets takes about a second for them. */
const INPUTS = 1_000;

/** Numbers at which lengths, offsets and identifiers tend to go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

export function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random(most + 1) }, () => random(256)));
}

/** Some bytes changed, removed, doubled. */
function mutate(bytes: Uint8Array, random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random(5); times > 0; times--) {
    const at = random(mutated.length + 1);
    const rest = mutated.subarray(at);
    switch (random(5)) {
      case 0:
        if (at < mutated.length) mutated[at] = random(256);
        break;
      case 1:
        if (rest.length >= 4)
          mutated[random(2) === 0 ? "writeUInt32LE" : "writeUInt32BE"](pick(random, EDGES), at);
        break;
      case 2:
        mutated = Buffer.concat([mutated.subarray(0, at), rest.subarray(random(20))]);
        break;
      case 3:
        mutated = Buffer.concat([mutated.subarray(0, at), noise(random, 8), rest]);
        break;
      default:
        mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(random(at + 1))]);
    }
  }
  return mutated;
}

/**
 * Runs a target over its corpus, and then over inputs of its own: those it generates, and mutations of these and of the corpus. An
 * input that fails is written to the corpus, where it stays as a test.
 */
export function fuzz(target: FuzzTarget): void {
  const folder = join(import.meta.dirname, "corpus", target.name);
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).sort();
  const corpus = names.map((name) => readFileSync(join(folder, name)));

  suite(`${target.name}, any bytes`, () => {
    for (const [index, name] of names.entries())
      test(`corpus ${name}`, async () => {
        await target.run(Uint8Array.from(corpus[index] ?? []));
      });

    test("generated", async (context) => {
      const random = createRandom(FUZZ_SEED);
      let inputs = 0;
      for (const number of fuzzInputs(INPUTS)) {
        inputs = number;
        const isFromCorpus = corpus.length > 0 && random(4) === 0;
        const made = isFromCorpus ? pick(random, corpus) : target.generate(random);
        const input = isFromCorpus || random(2) === 0 ? mutate(made, random) : made;
        try {
          await target.run(Uint8Array.from(input));
        } catch (error) {
          const id = createHash("sha256").update(input).digest("hex").slice(0, 12);
          writeFileSync(join(folder, `crash-${id}`), input);
          throw new Error(`seed ${FUZZ_SEED}, input ${number}, kept as crash-${id}`, {
            cause: error,
          });
        }
      }
      context.diagnostic(`seed ${FUZZ_SEED}: ${inputs} inputs`);
    });
  });
}
