import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_DETECTORS, OPT_IN_DETECTORS } from "../../../src/model/redaction.ts";
import { found, MISSES, SAMPLES } from "./samples.ts";

for (const detector of [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS]) {
  test(`${detector} is found, exactly`, () => {
    for (const [text, value] of SAMPLES[detector]) {
      assert.deepEqual(found(detector, text), [value], text);
      // A private key without an end goes on to the end of the text.
      if (text.startsWith("-----BEGIN OPENSSH")) continue;
      assert.deepEqual(found(detector, `{"v": "${text}"}`), [value], `${text} in JSON`);
    }
  });

  test(`${detector} is found twice where it stands twice`, () => {
    for (const [text, value] of SAMPLES[detector]) {
      if (text.startsWith("-----BEGIN OPENSSH")) continue;
      assert.deepEqual(found(detector, `${text} , ${text}`), [value, value], text);
    }
  });

  test(`${detector} is not seen in what only looks like it`, () => {
    for (const text of MISSES[detector]) assert.deepEqual(found(detector, text), [], text);
  });
}
