import { DEFAULT_DETECTORS, type DetectorName, OPT_IN_DETECTORS } from "../../model/redaction.ts";
import { createScan } from "../detect/scan.ts";
import { rewriteFindings } from "../rewrite-findings.ts";
import type { Act } from "./act.ts";
import { draw, SMALL_LETTERS } from "./draw.ts";
import { isClean, isStandIn } from "./is-stand-in.ts";
import { createKeyed } from "./keyed.ts";
import { createRecent, type Recent } from "./recent.ts";
import { inShapeOf, isShapeless } from "./shape.ts";
import { STAND_INS } from "./stand-in/stand-ins.ts";

const HASH_BYTES = 8;
const MIN_BYTES = 128;
const NO_BYTES = new Uint8Array();
/** Chance makes one stand-in in thousands look like something real; the next attempt does not. */
const MAX_ATTEMPTS = 32;
/** In longer values chance is nearly certain: what looks real there gets a stand-in of its own. */
const MAX_CHANCE_CHARS = 64;
const TOKENISE = { kind: "tokenise" } as const;
const RECENT_ENTRIES = 2048;
const RECENT_CHARACTERS = 256 * 1024;

const scanAll = createScan([...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS]);

const masked = (value: string): string => "*".repeat(value.length);

/** The actions under one key. */
export const createAct = (key: Uint8Array): Act => {
  const keyed = createKeyed(key);
  const recents = new Map<string, Recent>();

  /** The first of the attempts that no detector takes for something real. What never succeeds is masked. */
  const firstClean = (value: string, attempt: (attempt: number) => string): string => {
    for (let i = 0; i < MAX_ATTEMPTS; i++) {
      const standIn = attempt(i);
      if (standIn !== value && isClean(standIn)) return standIn;
    }
    return masked(value);
  };

  const hash = (value: string): string =>
    firstClean(value, (attempt) =>
      Buffer.from(keyed("hash", value, attempt, HASH_BYTES).subarray(0, HASH_BYTES)).toString(
        "hex",
      ),
    );

  const tokeniseKind = (detector: DetectorName, value: string): string => {
    if (isStandIn(detector, value)) return value;
    const { identity, group, make } = STAND_INS[detector];
    const byteCount = Math.max(MIN_BYTES, value.length);
    const groupBytes = group === undefined ? NO_BYTES : keyed("group", group(value), 0, MIN_BYTES);
    return firstClean(value, (attempt) =>
      make(value, keyed(detector, identity(value), attempt, byteCount), groupBytes),
    );
  };

  const standInFor: Act = (_action, detector, value) =>
    detector === undefined ? value : tokeniseKind(detector, value);

  /** Of a value of no known kind, what is of a known kind gets a stand-in of that kind, the rest keeps its shape. */
  const tokeniseShape = (value: string): string => {
    if (value === "") return value;
    const findings = scanAll(value);
    const whole = findings[0];
    if (whole !== undefined && whole.start === 0 && whole.end === value.length) {
      return tokeniseKind(whole.detector, value);
    }
    const attemptAt = (attempt: number): string => {
      const bytes = keyed("shape", value, attempt, value.length);
      if (isShapeless(value)) return draw(SMALL_LETTERS, bytes, 0, value.length);
      if (findings.length === 0) return inShapeOf(value, bytes);
      const parts: string[] = [];
      let end = 0;
      for (const finding of findings) {
        parts.push(inShapeOf(value.slice(end, finding.start), bytes.subarray(end)));
        parts.push(tokeniseKind(finding.detector, value.slice(finding.start, finding.end)));
        end = finding.end;
      }
      parts.push(inShapeOf(value.slice(end), bytes.subarray(end)));
      return parts.join("");
    };
    if (value.length <= MAX_CHANCE_CHARS) return firstClean(value, attemptAt);
    const standIn = rewriteFindings(attemptAt(0), scanAll, standInFor, TOKENISE, undefined);
    return standIn !== value && isClean(standIn) ? standIn : masked(value);
  };

  /** What is reckoned for a value, or was for the same value lately. */
  const remembered = (kind: string, value: string, reckon: () => string): string => {
    let recent = recents.get(kind);
    if (recent === undefined) {
      recent = createRecent(RECENT_ENTRIES, RECENT_CHARACTERS);
      recents.set(kind, recent);
    }
    const known = recent.get(value);
    if (known !== undefined) return known;
    const result = reckon();
    recent.set(value, result);
    return result;
  };

  return (action, detector, value) => {
    switch (action.kind) {
      case "remove":
        return undefined;
      case "mask":
        return masked(value);
      case "replace":
        return action.value;
      case "hash":
        return remembered("hash", value, () => hash(value));
      case "tokenise":
        return detector === undefined
          ? remembered("shape", value, () => tokeniseShape(value))
          : remembered(detector, value, () => tokeniseKind(detector, value));
    }
  };
};
