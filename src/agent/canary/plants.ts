import { gzipSync, zstdCompressSync } from "node:zlib";
import type { SecretShape } from "./secret.ts";

/** A request that carries a secret. */
export interface PlantedRequest {
  /** Behind the URL that the user named, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks, sent one by one when `isChunked`; none for a request without a body. */
  readonly body: readonly Uint8Array[];
  readonly isChunked: boolean;
}

/** One place of a request that a policy can redact. */
export interface Plant {
  readonly place: string;
  readonly method: "GET" | "POST";
  readonly shape: SecretShape;
  /** `base` is the path that the secret's request has before anything else, which is no secret. */
  build(base: string, secret: string): PlantedRequest;
}

const BOUNDARY = "canary-boundary-7d1f";

function request(path: string, headers: Readonly<Record<string, string>> = {}): PlantedRequest {
  return { path, headers, body: [], isChunked: false };
}

function withBody(path: string, type: string, body: string | Uint8Array, coding?: string) {
  const headers = {
    "Content-Type": type,
    ...(coding === undefined ? {} : { "Content-Encoding": coding }),
  };
  return { ...request(path, headers), body: [Buffer.from(body)] };
}

function json(value: object): string {
  return JSON.stringify(value);
}

function part(disposition: string, type: string | undefined, content: string): string {
  const typeLine = type === undefined ? "" : `Content-Type: ${type}\r\n`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${typeLine}\r\n${content}\r\n`;
}

function multipart(path: string, ...parts: readonly string[]): PlantedRequest {
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  return withBody(path, type, `${parts.join("")}--${BOUNDARY}--\r\n`);
}

/** Every character as its JSON escape, as some writers do with all that is not a letter. */
function escaped(text: string): string {
  return text.replace(
    /[^A-Za-z0-9]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const FORM = "application/x-www-form-urlencoded";

/** Needs no body: a service takes these however it is used. */
const IN_HEADS: readonly Omit<Plant, "method">[] = [
  {
    place: "header X-Api-Key",
    shape: "opaque",
    build: (base, secret) => request(base, { "X-Api-Key": secret }),
  },
  {
    place: "bearer token",
    shape: "opaque",
    build: (base, secret) => request(base, { Authorization: `Bearer ${secret}` }),
  },
  {
    place: "password of Basic credentials",
    shape: "opaque",
    build: (base, secret) =>
      request(base, {
        Authorization: `Basic ${Buffer.from(`canary:${secret}`).toString("base64")}`,
      }),
  },
  {
    place: "cookie",
    shape: "opaque",
    build: (base, secret) => request(base, { Cookie: `theme=dark; session=${secret}; lang=en` }),
  },
  {
    place: "query of header Referer",
    shape: "email",
    build: (base, secret) =>
      request(base, { Referer: `http://canary.example/?to=${encodeURIComponent(secret)}` }),
  },
  {
    place: "JWT in a header without a known name",
    shape: "jwt",
    build: (base, secret) => request(base, { "X-Canary-Note": `seen ${secret} twice` }),
  },
  {
    place: "query parameter",
    shape: "card",
    build: (base, secret) => request(`${base}?page=2&number=${secret}`),
  },
  {
    place: "query parameter, percent-encoded",
    shape: "email",
    build: (base, secret) => request(`${base}?page=2&to=${encodeURIComponent(secret)}`),
  },
  {
    place: "query parameter with a secret's name",
    shape: "opaque",
    build: (base, secret) => request(`${base}?access_token=${secret}`),
  },
  {
    place: "path segment",
    shape: "email",
    build: (base, secret) => request(`${base}/${secret}/orders`),
  },
];

const IN_BODIES: readonly Omit<Plant, "method">[] = [
  {
    place: "form field",
    shape: "iban",
    build: (base, secret) => withBody(base, FORM, `amount=12&account=${secret}`),
  },
  {
    place: "form field, percent-encoded",
    shape: "phone",
    build: (base, secret) => withBody(base, FORM, `amount=12&call=${encodeURIComponent(secret)}`),
  },
  {
    place: "JSON, deep",
    shape: "email",
    build: (base, secret) => {
      const order = { lines: [{ id: 1 }, { buyer: { contacts: [{ mail: secret }] } }] };
      return withBody(base, "application/json", json({ order }));
    },
  },
  {
    place: "JSON, escaped",
    shape: "email",
    build: (base, secret) => withBody(base, "application/json", `{"mail":"${escaped(secret)}"}`),
  },
  {
    place: "JSON, member with a secret's name",
    shape: "opaque",
    build: (base, secret) => withBody(base, "application/json", json({ client_secret: secret })),
  },
  {
    place: "JSON, in chunks",
    shape: "card",
    build: (base, secret) => {
      const chunks = ['{"id":1,', `"card":"${secret}"`, ',"last":true}'];
      return {
        ...withBody(base, "application/json", ""),
        body: chunks.map((chunk) => Buffer.from(chunk)),
        isChunked: true,
      };
    },
  },
  {
    place: "JSON, gzip",
    shape: "card",
    build: (base, secret) =>
      withBody(base, "application/json", gzipSync(json({ card: secret })), "gzip"),
  },
  {
    place: "JSON, zstd",
    shape: "iban",
    build: (base, secret) =>
      withBody(base, "application/json", zstdCompressSync(json({ account: secret })), "zstd"),
  },
  {
    place: "multipart field",
    shape: "phone",
    build: (base, secret) =>
      multipart(base, part('name="id"', undefined, "1"), part('name="call"', undefined, secret)),
  },
  {
    place: "multipart file",
    shape: "card",
    build: (base, secret) =>
      multipart(
        base,
        part(
          'name="file"; filename="cards.csv"',
          "text/csv",
          `name,number\r\nA. Canary,${secret}\r\n`,
        ),
      ),
  },
  {
    place: "name of a multipart file",
    shape: "email",
    build: (base, secret) =>
      multipart(base, part(`name="file"; filename="${secret}"`, "text/plain", "nothing to see")),
  },
  {
    place: "text",
    shape: "jwt",
    build: (base, secret) => withBody(base, "text/plain", `The token is ${secret}.\n`),
  },
];

/** Every place that a policy can redact, one secret each. `methods`: those that may be sent. */
export function plantsFor(methods: readonly string[] | "all"): readonly Plant[] {
  const all: readonly Plant[] = [
    ...IN_HEADS.map((plant) => ({ ...plant, method: "GET" as const })),
    ...IN_BODIES.map((plant) => ({ ...plant, method: "POST" as const })),
  ];
  return methods === "all" ? all : all.filter(({ method }) => methods.includes(method));
}
