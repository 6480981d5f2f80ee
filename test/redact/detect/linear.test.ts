import assert from "node:assert/strict";
import test from "node:test";
import {
  DEFAULT_DETECTORS,
  type DetectorName,
  OPT_IN_DETECTORS,
} from "../../../src/model/redaction.ts";
import { createScan } from "../../../src/redact/detect/scan.ts";

const CHARACTERS = 10_000_000;
/** Of CPU, for the worst text of each. What is not linear takes hours. */
const MAX_CPU_MS = 4000;

/** What makes a detector look longest without finding anything, repeated. */
const WORST: Readonly<Record<DetectorName, readonly string[]>> = {
  card: ["4111 ", "411111111111111211 ", "4"],
  iban: ["DE8937040044053201300 ", "DE89", "DE89 3704 0044 0532 0130 "],
  email: ["a@", "a@b.c-", "@", "a.", `a@${"b.".repeat(100_000)} `, `a@${"js.".repeat(100_000)} `],
  jwt: ["eyJ", "eyJhbGciOiJIUzI1NiJ9.", "eyJhbGciOiJIUzI1NiJ9 "],
  bearer: ["bearer ", "Bearer abc ", "bearer certificates "],
  api_key: ["sk-", "token=", "ghp_", "aaaaaaaaaaaaaaaa/", "a1b2c3d4e5f6a7b8="],
  phone: ["+", "+1 2 3 4 5 6 7 ", "+1(", "+12345678901234567 "],
  private_key: ["-----BEGIN ", "-----BEGIN PRIVATE KEY----", "-"],
  us_ssn: ["123-45-", "123 45 "],
  uk_nino: ["AB 12 34 56 ", "AB1234"],
  de_tax_id: ["12 345 678 ", "1234567890"],
  fr_nir: ["2 55 08 14 168 025 ", "2550814"],
  es_dni: ["12345678", "X-1234567-"],
};

for (const detector of [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS]) {
  test(`${detector} takes time in proportion to the text, at worst`, () => {
    const scan = createScan([detector]);
    const each = Math.floor(CHARACTERS / WORST[detector].length);
    const before = process.cpuUsage();
    for (const unit of WORST[detector]) {
      // With one finding of every kind of trait at the end, so that the detector is called whatever the unit is.
      scan(
        `${unit.repeat(each / unit.length)} bearer ----- a@ +1 123456789012 AB12 0123456789abcdef`,
      );
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < MAX_CPU_MS, `${(user + system) / 1000} ms`);
  });
}
