import { FIELD_STRIDE, type RequestView } from "../../../src/model/request.ts";
import type { Match, PathTest, ValueTest } from "../../../src/model/rule.ts";

/** A request as strings, so that what is said about it can be written down plainly. ASCII only: URLSearchParams reads UTF-8. */
interface PlainRequest {
  readonly text: string;
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly query: URLSearchParams;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
}

function plain(request: RequestView): PlainRequest {
  const whole = Buffer.from(request.bytes).toString("latin1");
  const target = whole.slice(request.targetStart, request.targetEnd);
  const absolute = /^[a-z]+:\/\/([^/?]*)(.*)$/i.exec(target);
  const [path = "", ...query] = (absolute?.[2] ?? target).split("?");
  const fields = Array.from({ length: request.fieldCount }, (_, i): [string, string] => {
    const [a = 0, b = 0, c = 0, d = 0] = request.fields.subarray(i * FIELD_STRIDE);
    return [whole.slice(a, b).toLowerCase(), whole.slice(c, d)];
  });
  const authority = absolute?.[1] ?? fields.find(([name]) => name === "host")?.[1];
  return {
    text: whole.slice(request.start, request.bodyEnd),
    method: whole.slice(request.start, request.methodEnd),
    path,
    host: authority?.toLowerCase().replace(/:.*$/, ""),
    query: new URLSearchParams(`?${query.join("?")}`),
    fields,
    bodyBytes: request.bodyEnd - request.headEnd,
  };
}

function escaped(text: string): string {
  return text.replace(/[.+*?^${}()|[\]\\/]/g, "\\$&");
}

function testValues(test: ValueTest, values: readonly string[]): boolean {
  switch (test.kind) {
    case "present":
      return values.length > 0;
    case "absent":
      return values.length === 0;
    case "exact":
      return values.includes(test.value);
    case "prefix":
      return values.some((value) => value.startsWith(test.value));
    case "regex":
      return values.some((value) => new RegExp(`^(?:${test.value})$`).test(value));
  }
}

function testPath({ kind, value }: PathTest, path: string): boolean {
  switch (kind) {
    case "exact":
      return path === value;
    case "prefix": {
      const prefix = value.replace(/\/$/, "");
      return path === prefix || path.startsWith(`${prefix}/`);
    }
    case "regex":
      return new RegExp(`^(?:${value})$`).test(path);
    case "template":
      return new RegExp(
        `^${value
          .split("/")
          .map((segment) => (/^\{.*\}$/.test(segment) ? "[^/]+" : escaped(segment)))
          .join("/")}$`,
      ).test(path);
    case "glob":
      return new RegExp(
        `^${escaped(value).replaceAll("\\*", ".*").replaceAll("\\?", ".")}$`,
        "s",
      ).test(path);
  }
}

function cookies(request: PlainRequest, name: string): string[] {
  return request.fields
    .filter(([field]) => field === "cookie")
    .flatMap(([, value]) => value.split(";"))
    .filter((pair) => pair.includes("="))
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const)
    .filter(([cookie]) => cookie.trim() === name)
    .map(([, value]) => value.trim());
}

function matches(match: Match, request: PlainRequest): boolean {
  switch (match.kind) {
    case "all":
      return match.of.every((one) => matches(one, request));
    case "any":
      return match.of.some((one) => matches(one, request));
    case "not":
      return !matches(match.of, request);
    case "method":
      return request.method === match.value;
    case "path":
      return testPath(match.test, request.path);
    case "host": {
      const { host } = request;
      if (host === undefined) return false;
      const { kind, value } = match.test;
      if (kind === "exact") return host === value.toLowerCase();
      if (kind === "suffix")
        return !host.startsWith(".") && host.endsWith(`.${value.toLowerCase()}`);
      return new RegExp(`^(?:${value})$`).test(host);
    }
    case "header":
      return testValues(
        match.test,
        request.fields
          .filter(([name]) => name === match.name.toLowerCase())
          .map(([, value]) => value),
      );
    case "query":
      return testValues(match.test, request.query.getAll(match.name));
    case "cookie":
      return testValues(match.test, cookies(request, match.name));
    case "content_type":
      return request.fields
        .filter(([name]) => name === "content-type")
        .map(([, value]) => value.toLowerCase().split(";")[0]?.trim() ?? "")
        .some((type) =>
          match.value.endsWith("/*")
            ? type.startsWith(match.value.toLowerCase().slice(0, -1)) &&
              type.length >= match.value.length
            : type === match.value.toLowerCase(),
        );
    case "body_size":
      return (
        request.bodyBytes >= match.minBytes &&
        request.bodyBytes <= (match.maxBytes ?? Number.POSITIVE_INFINITY)
      );
    case "prefix":
      return request.text.startsWith(match.value);
  }
}

/** `Match` said a second time, with strings and regular expressions: slow, and unlike the real one in every line. */
export function naiveMatch(match: Match, request: RequestView): boolean {
  return matches(match, plain(request));
}
