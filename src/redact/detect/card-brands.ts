/** Numbers of payment cards: the first digits from … to, and how many digits there are in all. */
interface CardRange {
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
}

const UP_TO_19 = [16, 17, 18, 19];
const FROM_14 = [14, 15, ...UP_TO_19];
const FROM_12 = [12, 13, ...FROM_14];

/** First four digits; a range that is told by fewer is written out to four. */
const RANGES: readonly CardRange[] = [
  // UATP
  { from: 1000, to: 1999, lengths: [15] },
  // JCB of old
  { from: 2131, to: 2131, lengths: [15] },
  // Mir and Borica
  { from: 2200, to: 2205, lengths: UP_TO_19 },
  // Mastercard, second series
  { from: 2221, to: 2720, lengths: [16] },
  // Diners Club
  { from: 3000, to: 3059, lengths: FROM_14 },
  { from: 3095, to: 3095, lengths: FROM_14 },
  { from: 3600, to: 3699, lengths: FROM_14 },
  { from: 3800, to: 3999, lengths: FROM_14 },
  // American Express
  { from: 3400, to: 3499, lengths: [15] },
  { from: 3700, to: 3799, lengths: [15] },
  // JCB and RuPay
  { from: 3528, to: 3589, lengths: UP_TO_19 },
  // Visa
  { from: 4000, to: 4999, lengths: [13, 16, 19] },
  // Maestro, Verve, Dankort
  { from: 5000, to: 5099, lengths: FROM_12 },
  // Mastercard
  { from: 5100, to: 5599, lengths: [16] },
  // Maestro, Discover, UnionPay, RuPay, Verve, InstaPayment
  { from: 5600, to: 6999, lengths: FROM_12 },
  // UnionPay, RuPay
  { from: 8100, to: 8299, lengths: FROM_14 },
  // UzCard, Troy, Humo
  { from: 8600, to: 8600, lengths: [16] },
  { from: 9792, to: 9792, lengths: [16] },
  { from: 9860, to: 9860, lengths: [16] },
];

/** Bit n: a number that begins with these four digits may have n digits. */
const LENGTHS = new Uint32Array(10_000);
for (const { from, to, lengths } of RANGES) {
  for (let prefix = from; prefix <= to; prefix++) {
    for (const length of lengths) LENGTHS[prefix] = (LENGTHS[prefix] ?? 0) | (1 << length);
  }
}

/** The lengths that a card number may have, as bits, by its first four digits. 0: no card begins so. */
export const cardLengths = (firstFour: number): number => LENGTHS[firstFour] ?? 0;
