import type {
  DetectorName,
  Redaction,
  RedactionAction,
  RedactionPolicy,
} from "../model/redaction.ts";
import type { Act } from "./act/act.ts";
import { isStandIn } from "./act/is-stand-in.ts";
import { createScan } from "./detect/scan.ts";
import { decodePercent, encodePercent } from "./document/percent.ts";
import { formatPlace, type Place } from "./place.ts";
import { type Order, wireAction } from "./policy/compile.ts";
import { ALL_DETECTORS, detectorsOf } from "./policy/detectors.ts";
import { type OnReplaced, rewriteFindings } from "./rewrite-findings.ts";
import { rewriteVeiled } from "./rewrite-veiled.ts";

/** What becomes of single values, encodings undone, wherever in a request they stand. */
export interface Values {
  /** Whether detectors look at values at all. */
  readonly detects: boolean;
  /**
   * What a rule or a preset asks for; undefined: the value goes. Stand-ins of what detectors know keep its shape; `detector` is what the
   * value is where its shape does not tell.
   */
  obey(order: Order, value: string, place: Place, detector?: DetectorName): string | undefined;
  /**
   * The value without what detectors find in it, the very same string when that is nothing; undefined: it is found as a whole, and goes.
   * `name` is what the value is called, where it is called something: some secrets are known by their names only.
   */
  clean(value: string, place: Place, name?: string): string | undefined;
}

/** Encodings within encodings, as in an address within an address, are undone so often. */
const MAX_ENCODINGS = 3;
/** One pass nearly always is enough. What is not clean after so many is masked whole. */
const MAX_PASSES = 4;
/** Nothing that a detector looks for is shorter. */
const MIN_FOUND_CHARS = 6;
/** No shorter value is a secret because of its name. */
const MIN_NAMED_CHARS = 16;

const NAMED_SECRET = /^[\w+/=.~-]+$/;
/** What percent-encoded text hangs together in: delimiters of addresses, cookies and sentences are between such pieces. */
const PIECE = /[^\s;,&=?#/"<>()]+/g;

export function createValues(
  policy: RedactionPolicy,
  act: Act,
  onRedaction: ((redaction: Redaction) => void) | undefined,
): Values {
  const names = detectorsOf(policy);
  const scan = createScan(names);
  const detects = names.length > 0;
  const detected = wireAction(policy.detected);
  const tell = onRedaction === undefined ? undefined : createTell(onRedaction);

  function cleanPlain(value: string, place: Place): string {
    const onReplaced: OnReplaced | undefined =
      tell && ((name, before, after) => tell(place, `detector ${name}`, detected, before, after));
    let current = value;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const plain = rewriteFindings(current, scan, act, detected, onReplaced);
      current = rewriteVeiled(plain, scan, act, detected, onReplaced);
      // What stands beside a new stand-in may together with it look like something new.
      if (current === plain) return current;
    }
    return "*".repeat(value.length);
  }

  function cleanEncoded(value: string, place: Place, encodings: number): string {
    return value.replace(PIECE, (piece) => {
      if (!piece.includes("%")) return piece;
      const decoded = decodePercent(piece, false);
      if (decoded === piece) return piece;
      const cleaned = cleanDeep(decoded, place, encodings + 1);
      return cleaned === decoded ? piece : encodePercent(cleaned);
    });
  }

  function cleanDeep(value: string, place: Place, encodings: number): string {
    const plain = cleanPlain(value, place);
    if (encodings === MAX_ENCODINGS || !plain.includes("%")) return plain;
    const cleaned = cleanEncoded(plain, place, encodings);
    // Beside a new stand-in, a number may end where it went on before.
    return cleaned === plain ? plain : cleanPlain(cleaned, place);
  }

  /** Many clients forget to encode the plus sign of a phone number, and it is read as a space. */
  function cleanDialled(value: string, place: Place): string {
    if (!value.startsWith(" ") || (place.kind !== "query" && place.kind !== "form")) return value;
    const dialled = `+${value.slice(1)}`;
    const cleaned = cleanDeep(dialled, place, 0);
    return cleaned === dialled ? value : cleaned;
  }

  /** A secret that only its name gives away. */
  function cleanNamed(value: string, place: Place, name: string): string | undefined {
    if (value.length < MIN_NAMED_CHARS || !NAMED_SECRET.test(value)) return value;
    const start = name.length + 1;
    const named = `${name}=${value}`;
    const finding = scan(named).find((one) => one.start === start);
    if (finding === undefined) return value;
    if (isStandIn(finding.detector, named.slice(start, finding.end))) return value;
    const standIn = act(detected, finding.detector, value);
    const by = `detector ${finding.detector}`;
    tell?.(place, by, detected, value.length, standIn?.length ?? 0);
    return standIn;
  }

  function clean(value: string, place: Place, name?: string): string | undefined {
    if (!detects || value.length < MIN_FOUND_CHARS) return value;
    let cleaned = cleanDialled(value, place);
    if (cleaned === value) cleaned = cleanDeep(value, place, 0);
    if (cleaned === "") return undefined;
    return cleaned === value && name !== undefined ? cleanNamed(value, place, name) : cleaned;
  }

  function standInFor(action: RedactionAction, value: string, detector: DetectorName | undefined) {
    const standIn = act(action, undefined, value);
    if (action.kind !== "tokenise" || standIn === undefined || detector === undefined)
      return standIn;
    return isStandIn(detector, standIn) ? standIn : act(action, detector, value);
  }

  function obey({ action, by }: Order, value: string, place: Place, detector?: DetectorName) {
    if (value === "" && action.kind !== "remove") return value;
    const standIn = standInFor(action, value, detector);
    if (standIn !== value) tell?.(place, by, action, value.length, standIn?.length ?? 0);
    return standIn;
  }

  return { detects, obey, clean };
}

/** Names are data of a place, too: what detectors find in them is not told. */
function createTell(onRedaction: (redaction: Redaction) => void) {
  const scan = createScan(ALL_DETECTORS);
  return (place: Place, by: string, { kind }: RedactionAction, before: number, after: number) => {
    let text = formatPlace(place);
    for (const { start, end } of scan(text))
      text = text.slice(0, start) + "*".repeat(end - start) + text.slice(end);
    onRedaction({ place: text, by, action: kind, lengthBefore: before, lengthAfter: after });
  };
}
