import { isAlphanumeric, isTokenCharacter, UNDERSCORE } from "./characters.ts";

/** A kind of key that its issuer made recognisable: what it begins with, what follows, and how long that is. */
export interface KeyShape {
  readonly prefix: string;
  readonly isBody: (code: number) => boolean;
  readonly minBody: number;
  readonly maxBody: number;
  /** A prefix that words have too: the body must mix small and capital letters and digits. */
  readonly mustMix: boolean;
}

const isNameCharacter = (code: number): boolean => isAlphanumeric(code) || code === UNDERSCORE;

const shapes = (
  prefixes: string,
  isBody: KeyShape["isBody"],
  minBody: number,
  maxBody = 512,
  mustMix = false,
): readonly KeyShape[] =>
  prefixes.split(" ").map((prefix) => ({ prefix, isBody, minBody, maxBody, mustMix }));

/** Longer prefixes before those they begin with. */
const KEY_SHAPES: readonly KeyShape[] = [
  // AWS access keys
  ...shapes("AKIA ASIA ABIA ACCA", isAlphanumeric, 16, 16),
  // GitHub
  ...shapes("github_pat_", isNameCharacter, 22),
  ...shapes("ghp_ gho_ ghu_ ghs_ ghr_", isAlphanumeric, 36),
  // GitLab
  ...shapes("glpat- gldt- glrt- glptt- glcbt-", isTokenCharacter, 20),
  // Stripe; publishable keys (pk_) are no secret
  ...shapes("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", isAlphanumeric, 16),
  // Slack
  ...shapes("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", isTokenCharacter, 16),
  // Google
  ...shapes("AIza", isTokenCharacter, 35, 35),
  ...shapes("GOCSPX- ya29.", isTokenCharacter, 20),
  // Registries
  ...shapes("npm_", isAlphanumeric, 36, 36),
  ...shapes("pypi-", isTokenCharacter, 50),
  // Others with a prefix of their own
  ...shapes(
    "hvs. dop_v1_ shpat_ shpss_ shpca_ sq0atp- sq0csp- hf_ dckr_pat_",
    isTokenCharacter,
    20,
  ),
  ...shapes("sk-", isTokenCharacter, 20, 512, true),
];

/** By the code of the first character; all of them are ASCII. */
const BY_FIRST_CHARACTER: readonly (readonly KeyShape[] | undefined)[] = Array.from(
  { length: 128 },
  (_, code) => {
    const matching = KEY_SHAPES.filter((shape) => shape.prefix.charCodeAt(0) === code);
    return matching.length === 0 ? undefined : matching;
  },
);

/** The shape whose prefix stands at this place. */
export const keyShapeAt = (text: string, start: number): KeyShape | undefined =>
  BY_FIRST_CHARACTER[text.charCodeAt(start)]?.find((shape) => text.startsWith(shape.prefix, start));

/** Stands in every text that holds a key of a known shape. */
export const ANY_KEY_PREFIX = new RegExp(
  KEY_SHAPES.map(({ prefix }) => prefix.replaceAll(".", "\\.")).join("|"),
);
