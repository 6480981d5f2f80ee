import { isDigit, ZERO } from "./characters.ts";

/** Digit sum of twice a digit: what Luhn's algorithm counts for every second one. */
export const doubledDigit = (digit: number): number => (digit > 4 ? digit * 2 - 9 : digit * 2);

/** The last digit that makes a row of digits right by Luhn's algorithm. */
export const luhnCheckDigit = (digits: string): string => {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - ZERO;
    sum += i % 2 === 0 ? doubledDigit(digit) : digit;
  }
  return String((10 - (sum % 10)) % 10);
};

export const isLuhnValid = (digits: string): boolean =>
  luhnCheckDigit(digits.slice(0, -1)) === digits.at(-1);

/** Remainder by 97 of a row of digits and letters, A counting 10 … Z 35, as ISO 13616 (IBAN) has it. */
export const remainder97 = (characters: string): number => {
  let remainder = 0;
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    remainder = isDigit(code)
      ? (remainder * 10 + code - ZERO) % 97
      : (remainder * 100 + (code & 0x1f) + 9) % 97;
  }
  return remainder;
};

/** ISO 7064 MOD 11,10: the check digit of the German tax number. */
export const mod11and10CheckDigit = (digits: string): string => {
  let product = 10;
  for (let i = 0; i < digits.length; i++) {
    const sum = (digits.charCodeAt(i) - ZERO + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return String((11 - product) % 10);
};

const DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

/** The letter of a Spanish identity number. */
export const dniLetter = (digits: string): string => DNI_LETTERS.charAt(Number(digits) % 23);

/** The two digits at the end of a French social-security number; Corsica's 2A and 2B count as 19 and 18. */
export const nirKey = (number13: string): string => {
  const digits = number13.replace(/2A/i, "19").replace(/2B/i, "18");
  return String(97 - remainder97(digits)).padStart(2, "0");
};
