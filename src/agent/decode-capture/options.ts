import type { PortRange } from "../../model/rule.ts";
import { mergedRanges } from "../config/addresses.ts";
import { list, type RawFlags, text, WORDS } from "../config/raw-flags.ts";
import { parseChoice, parsePorts, usage } from "../flag-values.ts";

export const DECODE_KINDS = ["compact", "json"] as const;

/** Everything that `shadowtap decode` is told. */
export interface DecodeCaptureOptions {
  /** `-` for stdin. */
  readonly file: string;
  /** At these ports are the servers. */
  readonly ports: readonly PortRange[];
  readonly output: (typeof DECODE_KINDS)[number];
}

/** Throws ST_USAGE. */
export function parseDecodeOptions(file: string, flags: RawFlags): DecodeCaptureOptions {
  const ports = list(flags, "port", WORDS).map(parsePorts);
  if (ports.length === 0)
    throw usage(
      "--port is required.",
      "Write --port 8080, --port 8080,8081 or --port 8000-8010: the side of a connection that has such a port is the server.",
    );
  return {
    file,
    ports: mergedRanges(ports),
    output: parseChoice("--output", text(flags, "output") ?? DECODE_KINDS[0], DECODE_KINDS),
  };
}
