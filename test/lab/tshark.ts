import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import type { DecodedRequest } from "../../src/model/decoded.ts";

/** One request, as far as two decoders can agree on it. */
export interface ListedRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly bodyBytes: number;
  /** SHA-256 in hexadecimal; undefined for an empty body. */
  readonly bodySha256: string | undefined;
}

/** What two lists have in common, and what only one of them has. */
export interface Comparison {
  readonly same: number;
  readonly onlyFirst: readonly ListedRequest[];
  readonly onlySecond: readonly ListedRequest[];
}

const FIELD = /<field name="(http\.[a-z_.]+)".* value="([0-9a-f]*)"/s;

/** Reads tshark's PDML tag by tag: one `http` protocol is one message. What a tag shows may hold line ends. */
function createPdmlReader(onRequest: (request: ListedRequest) => void) {
  let method: string | undefined;
  let path = "";
  let body = Buffer.alloc(0);

  function flush(): void {
    if (method !== undefined)
      onRequest({
        ...{ method, path, bodyBytes: body.length },
        bodySha256: body.length === 0 ? undefined : createHash("sha256").update(body).digest("hex"),
      });
    method = undefined;
    path = "";
    body = Buffer.alloc(0);
  }

  return {
    tag(tag: string) {
      if (tag.includes('<proto name="http"') || tag.endsWith("<packet")) flush();
      const [, name, value = ""] = FIELD.exec(tag) ?? [];
      if (name === "http.request.method") method = Buffer.from(value, "hex").toString("latin1");
      else if (name === "http.request.uri")
        path = Buffer.from(value, "hex").toString("latin1").replace(/\?.*$/s, "");
      else if (name === "http.file_data") body = Buffer.from(value, "hex");
    },
    flush,
  };
}

/** The requests that tshark finds in a capture, with servers at these ports (`8080` or `8000-8010`). */
export async function listByTshark(
  file: string,
  ports: readonly string[],
): Promise<ListedRequest[]> {
  const listed: ListedRequest[] = [];
  const reader = createPdmlReader((request) => listed.push(request));
  const args = [
    ...["-n", "-r", file, "-T", "pdml", "-J", "http"],
    ...ports.flatMap((port) => ["-d", `tcp.port==${port},http`]),
    ...["-o", "tcp.reassemble_out_of_order:TRUE", "-o", "http.decompress_body:FALSE"],
    ...["-Y", "http.request"],
  ];
  const child = spawn("tshark", args, { stdio: ["ignore", "pipe", "pipe"] });
  let rest = "";
  let errors = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => {
    // The tag of a large body comes in thousands of pieces: looked at once, when it is whole.
    const ends = text.lastIndexOf(">");
    if (ends >= 0) for (const tag of (rest + text.slice(0, ends)).split(">")) reader.tag(tag);
    rest = ends >= 0 ? text.slice(ends + 1) : rest + text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  reader.flush();
  // 2: the file was cut short; what came before was listed.
  if (code !== 0 && code !== 2) throw new Error(`tshark ended with ${code}: ${errors}`);
  return listed;
}

/** What our decoder says of a request, in the same form. */
export function listed({ method, path, bodyBytes, bodySha256 }: DecodedRequest): ListedRequest {
  return { method, path, bodyBytes, bodySha256: bodyBytes === 0 ? undefined : bodySha256 };
}

/** Compares as bags: two decoders may tell of requests on different connections in different order. */
export function compare(
  first: readonly ListedRequest[],
  second: readonly ListedRequest[],
): Comparison {
  const keyOf = ({ method, path, bodyBytes, bodySha256 }: ListedRequest) =>
    JSON.stringify([method, path, bodyBytes, bodySha256]);
  const left = new Map<string, ListedRequest[]>();
  for (const request of first) {
    const key = keyOf(request);
    left.set(key, [...(left.get(key) ?? []), request]);
  }
  const onlySecond = second.filter((request) => left.get(keyOf(request))?.pop() === undefined);
  const onlyFirst = [...left.values()].flat();
  return { same: first.length - onlyFirst.length, onlyFirst, onlySecond };
}
