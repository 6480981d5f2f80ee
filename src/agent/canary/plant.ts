import { detectStyle } from "../../report/style.ts";
import { renderTable } from "../../report/table.ts";
import { printable } from "../../report/text.ts";
import type { TargetAddress } from "../config/target-url.ts";
import { plantsFor } from "./plants.ts";
import { drawMarker, drawSecret } from "./secret.ts";
import { writeSecretsFile } from "./secrets-file.ts";
import { sendPlanted } from "./send.ts";

/** Everything that `shadowtap canary plant` is told. */
export interface PlantOptions {
  readonly service: TargetAddress;
  readonly methods: readonly string[] | "all";
  readonly secretsFile: string;
}

const COLUMNS = [
  { heading: "PLACE OF THE SECRET", align: "left" },
  { heading: "METHOD", align: "left" },
  { heading: "ANSWER", align: "right" },
] as const;

/**
 * Sends one request for each place that a policy can redact, each with a secret that nobody has used before, and prints which were
 * answered. The secrets are written down before the first of them is sent. Throws ST_FILE_UNWRITABLE and ST_TARGET_UNREACHABLE.
 */
export async function plant({ service, methods, secretsFile }: PlantOptions): Promise<void> {
  const marker = drawMarker();
  const planted = plantsFor(methods).map((one) => ({ ...one, secret: drawSecret(one.shape) }));
  const secrets = planted.map(({ place, secret }) => ({ place, value: secret }));
  const base = `${service.pathPrefix}/canary-${marker}`;
  // Without a secret: a service that does not answer leaves no file behind.
  await sendPlanted(service, "GET", { path: base, headers: {}, body: [], isChunked: false });
  writeSecretsFile(secretsFile, { marker, secrets });
  const rows: string[][] = [];
  for (const { place, method, build, secret } of planted) {
    const status = await sendPlanted(service, method, build(base, secret));
    rows.push([place, method, `${status}`]);
  }
  const table = renderTable(COLUMNS, rows, detectStyle(process.stdout, process.env));
  const next = `Planted ${secrets.length} secrets at ${service.name}; they are in ${secretsFile}, for \`canary check\`.`;
  process.stdout.write(`${[...table, "", printable(next)].join("\n")}\n`);
}
