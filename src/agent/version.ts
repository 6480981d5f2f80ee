import { readFileSync } from "node:fs";
import { join } from "node:path";

/** This build's version, from the package.json that is as far from src/ as from dist/. */
export function ownVersion(): string {
  const path = join(import.meta.dirname, "../../package.json");
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version: string };
  return version;
}
