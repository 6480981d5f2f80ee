import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ERRORS } from "../../src/model/errors.ts";
import {
  createRuleLedger,
  createSelectionLedger,
  LOST_REASONS,
  MALFORMED_REASONS,
  OVER_BUDGET_REASONS,
  SKIPPED_REASONS,
  UNANSWERED_REASONS,
  UNSENT_REASONS,
} from "../../src/model/ledger.ts";
import { REFUSAL_REASONS } from "../../src/model/redaction.ts";

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

/** Text between a heading and the next one of its level or above. */
function section(text: string, heading: string): string {
  const level = heading.indexOf(" ");
  const begins = text.indexOf(`\n${heading}\n`);
  assert.ok(begins >= 0, `there is a section ${heading}`);
  const rest = text.slice(begins + heading.length + 2);
  const ends = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return ends < 0 ? rest : rest.slice(0, ends);
}

/** First cells of a section's first table. */
function reasons(text: string, heading: string): string[] {
  const table = /(^\|.*\n)+/m.exec(section(text, heading))?.[0] ?? "";
  return [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, reason]) => reason ?? "");
}

describe("docs/ledger.md", () => {
  const ledger = page("ledger.md");
  const lists: Readonly<Record<string, readonly string[]>> = {
    "### skipped": SKIPPED_REASONS,
    "### lost": LOST_REASONS,
    "### malformed": MALFORMED_REASONS,
    "### over_budget": OVER_BUDGET_REASONS,
    "### refused": REFUSAL_REASONS,
    "### unsent": UNSENT_REASONS,
    "### sent_unanswered": UNANSWERED_REASONS,
  };
  for (const [heading, expected] of Object.entries(lists))
    test(`${heading} lists the reasons of the code`, () => {
      assert.deepEqual(reasons(ledger, heading).sort(), [...expected].sort());
    });

  test("the rules' table lists the fields of the code", () => {
    const expected = Object.keys(createRuleLedger()).map((name) =>
      name === "held_back" ? "held_back.method" : name,
    );
    assert.deepEqual(reasons(ledger, "## rules").sort(), expected.sort());
  });

  test("the selection's table lists the fields of the code", () => {
    assert.deepEqual(
      reasons(ledger, "## selection").sort(),
      Object.keys(createSelectionLedger()).sort(),
    );
  });
});

describe("docs/errors.md", () => {
  const errors = page("errors.md");
  const documented = [...errors.matchAll(/^## (\S+)$/gm)].map(([, code]) => code);

  test("has one section for each code, in the order of the table", () => {
    assert.deepEqual(documented, Object.keys(ERRORS));
  });

  for (const [code, { exitCode }] of Object.entries(ERRORS))
    test(`${code} states its exit code and what to do`, () => {
      const text = section(errors, `## ${code}`).trim();
      assert.ok(text.startsWith(`Exit code ${exitCode}. `), text);
      assert.ok(text.split("\n\n").length >= 2, "there is a paragraph on what to do");
    });

  test("docs/exit-codes.md lists every exit code that an error has", () => {
    const listed = new Set(
      [...page("exit-codes.md").matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code)),
    );
    for (const { exitCode } of Object.values(ERRORS)) assert.ok(listed.has(exitCode));
  });
});

describe("docs/exit-codes.md", () => {
  test("says of commands that talk to a run how they end", () => {
    const text = page("exit-codes.md");
    const about = text.split("\n\n").find((one) => one.startsWith("`status`")) ?? "";
    for (const command of ["status", "stop", "reload", "rule set", "target"])
      assert.ok(about.includes(`\`${command}\``), command);
    for (const code of [
      "ST_NOT_RUNNING",
      "ST_PERMISSION",
      "ST_RUN_UNKNOWN",
      "ST_CONFIG_INVALID",
    ] as const)
      assert.match(about, new RegExp(`\\b${ERRORS[code].exitCode}\\b`), code);
  });
});
