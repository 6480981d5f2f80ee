import { ShadowtapError } from "../../model/errors.ts";
import { readPercent } from "../config/quantities.ts";

/** The share, 0 … 1, that `--percent` says; throws ST_USAGE. */
export function shareOf(percent: string): number {
  const value = readPercent(percent);
  if (value === undefined || value > 100)
    throw new ShadowtapError(
      "ST_USAGE",
      `--percent ${JSON.stringify(percent)} is not a number from 0 to 100.`,
      ["Write --percent 10 or --percent 0.5."],
    );
  return value / 100;
}
