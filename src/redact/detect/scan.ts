import type { DetectorName } from "../../model/redaction.ts";
import { apiKeyDetector } from "./api-key.ts";
import { bearerDetector } from "./bearer.ts";
import { cardDetector } from "./card.ts";
import { deTaxIdDetector } from "./de-tax-id.ts";
import type { Detector, Finding, Scan } from "./detector.ts";
import { emailDetector } from "./email.ts";
import { esDniDetector } from "./es-dni.ts";
import { frNirDetector } from "./fr-nir.ts";
import { ibanDetector } from "./iban.ts";
import { jwtDetector } from "./jwt.ts";
import { phoneDetector } from "./phone.ts";
import { privateKeyDetector } from "./private-key.ts";
import { traitsOf } from "./traits.ts";
import { ukNinoDetector } from "./uk-nino.ts";
import { usSsnDetector } from "./us-ssn.ts";

/** Every detector. Where two find the very same place, the one that stands first here says what it is. */
export const DETECTORS: readonly Detector[] = [
  privateKeyDetector,
  jwtDetector,
  apiKeyDetector,
  bearerDetector,
  emailDetector,
  ibanDetector,
  phoneDetector,
  cardDetector,
  usSsnDetector,
  ukNinoDetector,
  deTaxIdDetector,
  frNirDetector,
  esDniDetector,
];

const NOTHING: readonly Finding[] = [];

const withoutOverlap = (findings: Finding[]): readonly Finding[] => {
  if (findings.length < 2) return findings;
  // The sort is stable, so that of two equal places the earlier detector's comes first.
  findings.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return findings.filter((finding) => {
    if (finding.start < end) return false;
    end = finding.end;
    return true;
  });
};

/** A scan by the detectors named. A text without personal data costs one pass and no memory. */
export const createScan = (names: readonly DetectorName[]): Scan => {
  const wanted = new Set(names);
  const detectors = DETECTORS.filter(({ name }) => wanted.has(name));
  return (text) => {
    if (detectors.length === 0) return NOTHING;
    const traits = traitsOf(text);
    if (traits === 0) return NOTHING;
    let findings: Finding[] | undefined;
    for (const { name, needs, find } of detectors) {
      if ((traits & needs) === 0) continue;
      find(text, (start, end) => {
        findings ??= [];
        findings.push({ detector: name, start, end });
      });
    }
    return findings === undefined ? NOTHING : withoutOverlap(findings);
  };
};
