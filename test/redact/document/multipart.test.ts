import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MAX_JSON_DEPTH, rewriteJson } from "../../../src/redact/document/json.ts";
import { type RewriteNested, rewriteMultipart } from "../../../src/redact/document/multipart.ts";
import type { FormPlace, Visit } from "../../../src/redact/document/rewrite.ts";
import { fc } from "../../fuzz/property.ts";
import { keepAll, textOf } from "./json-samples.ts";

const keepNested: RewriteNested = (_, text) => ({ kind: "text", text });

function crlf(...lines: readonly string[]): string {
  return lines.join("\r\n");
}

function field(name: string, value: string, ...headers: readonly string[]): string {
  return crlf("--b", `Content-Disposition: form-data; name="${name}"`, ...headers, "", value, "");
}

const END = "--b--\r\n";

function rewritten(text: string, visit: Visit<FormPlace>, nested = keepNested): string {
  const result = rewriteMultipart(text, "b", visit, nested);
  assert.equal(result.kind, "text", result.kind === "refused" ? result.reason : "");
  return result.kind === "text" ? result.text : "";
}

function refusal(text: string, nested = keepNested): string | undefined {
  const result = rewriteMultipart(text, "b", keepAll, nested);
  return result.kind === "refused" ? result.reason : undefined;
}

function shownIn(text: string): string[] {
  const shown: string[] = [];
  rewritten(
    text,
    ({ name, isName, header, contentType }, value) => {
      shown.push(`${name}|${isName ? "name" : (header ?? "")}|${contentType ?? ""}|${value}`);
      return value;
    },
    (type, body) => {
      shown.push(`nested|${type}|${body}`);
      return { kind: "text", text: body };
    },
  );
  return shown;
}

type Field = readonly [name: string, value: string, filename: string | undefined];

const fields: fc.Arbitrary<Field[]> = fc.array(
  fc.tuple(
    fc.string({ minLength: 1, unit: fc.constantFrom(..."abé;= '\"") }),
    fc.string({ unit: fc.constantFrom(..."ab-\n\ré€\0:") }),
    fc.option(fc.string({ minLength: 1, unit: fc.constantFrom(..."ab.é;") }), { nil: undefined }),
  ),
  { maxLength: 5 },
);

/** Encoded by Node, which is also who reads the result: neither knows our code. */
async function encoded(form: readonly Field[]): Promise<{ text: string; boundary: string }> {
  const data = new FormData();
  for (const [name, value, filename] of form) {
    if (filename === undefined) data.append(name, value);
    else data.append(name, new Blob([value], { type: "application/x-test" }), filename);
  }
  const response = new Response(data);
  const boundary = response.headers.get("content-type")?.split("boundary=")[1] ?? "";
  return { text: Buffer.from(await response.arrayBuffer()).toString("latin1"), boundary };
}

async function read(text: string, boundary: string): Promise<Field[]> {
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  const form = await new Response(Buffer.from(text, "latin1"), { headers }).formData();
  return Promise.all(
    [...form].map(async ([name, value]): Promise<Field> => {
      return typeof value === "string"
        ? [name, value, undefined]
        : [name, await value.text(), value.name];
    }),
  );
}

suite("rewriting of multipart forms", () => {
  test("nothing changes when the visitor changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fields, async (form) => {
        const { text, boundary } = await encoded(form);
        assert.deepEqual(rewriteMultipart(text, boundary, keepAll, keepNested), {
          kind: "text",
          text,
        });
      }),
    );
  });

  test("replaced and removed values are those that the visitor chose", async () => {
    const choice = (value: string) => [undefined, `<${value}>`, value][value.length % 3];
    await fc.assert(
      fc.asyncProperty(fields, async (form) => {
        const { text, boundary } = await encoded(form);
        const before = await read(text, boundary);
        const result = rewriteMultipart(
          text,
          boundary,
          (place, value) => {
            if (place.isName) return value;
            return place.header === undefined ? choice(value) : `new-${value}`;
          },
          keepNested,
        );
        assert.ok(result.kind === "text");
        const expected = before.flatMap(([name, , filename], i): Field[] => {
          const standIn = choice(valueIn(text, boundary, i));
          return standIn === undefined
            ? []
            : [[name, textOf(standIn), filename && `new-${filename}`]];
        });
        const after = await read(result.text, boundary);
        assert.deepEqual(after, expected);
      }),
    );
  });

  test("damaged documents never throw, and identity stays identity", async () => {
    const { text, boundary } = await encoded([
      ["a", "1", undefined],
      ["b", "2", "f"],
    ]);
    const piece = fc.constantFrom(
      "",
      "\r\n",
      "\n",
      "--",
      `--${boundary}`,
      '"',
      ";",
      ":",
      "\r\n\r\n",
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(4), piece, (at, length, inserted) => {
        const damaged = text.slice(0, at) + inserted + text.slice(at + length);
        const result = rewriteMultipart(damaged, boundary, keepAll, keepNested);
        if (result.kind === "text") assert.equal(result.text, damaged);
      }),
      { numRuns: 2000 },
    );
  });

  test("shows names, file names, headers and bodies", () => {
    const text =
      field("a", "1") +
      field("p", "2", "Content-Type: text/plain; charset=UTF-8", "X-Id:  7 \xc3\xa0 ") +
      field("j", "{}", "content-type: application/json") +
      crlf("--b", 'Content-Disposition: form-data; name=f; filename="x\\"y"', "", "3", "") +
      crlf("--b", "", "bare", "") +
      END;
    assert.deepEqual(shownIn(text), [
      "a|name||a",
      "a|||1",
      "p|name||p",
      "p|x-id||7 \xc3\xa0",
      "p|||2",
      "j|name||j",
      "j||application/json|{}",
      "nested|application/json|{}",
      "f|name||f",
      'f|content-disposition||x"y',
      "f|||3",
      "|||bare",
    ]);
  });

  test("a file of text is read by its type", () => {
    const text = field("f", "1", "Content-Type: text/plain").replace('"f"', '"f"; filename="n"');
    assert.ok(shownIn(text + END).includes("nested|text/plain|1"));
  });

  test("text around the parts is shown", () => {
    const text = `hidden\r\n${field("a", "1")}${END}more`;
    assert.deepEqual(shownIn(text), ["|||hidden", "a|name||a", "a|||1", "|||more"]);
    const out = rewritten(text, (_, value) => (value === "hidden" ? undefined : `${value}!`));
    assert.equal(out, `\r\n${field("a!", "1!")}${END}more!`);
  });

  test("what a visitor replaces is left alone by the part's own type", () => {
    const text = field("j", "{}", "Content-Type: application/json") + END;
    const out = rewritten(
      text,
      (place, value) => (place.isName ? value : "***"),
      () => assert.fail("nested"),
    );
    assert.equal(out, text.replace("{}", "***"));
  });

  test("parts are rewritten by their own type, or refuse the whole", () => {
    const json: RewriteNested = (_, body) =>
      rewriteJson(body, () => "x", { maxDepth: MAX_JSON_DEPTH });
    const text = field("j", "[1, 2]", "Content-Type: application/json") + END;
    assert.equal(rewritten(text, keepAll, json), text.replace("[1, 2]", '["x", "x"]'));
    assert.equal(refusal(text.replace("2]", ""), json), "unparsable");
  });

  test("parts are removed with their delimiter, headers with their line", () => {
    const [a, b, c] = [field("a", "1"), field("c", "2", "X-A: secret", "X-B: y"), field("d", "3")];
    const without = (...names: string[]) =>
      rewritten(a + b + c + END, ({ name, isName }, v) =>
        names.includes(isName ? `${name}!` : name) ? undefined : v,
      );
    assert.equal(without("a"), b + c + END);
    assert.equal(without("c!"), a + c + END);
    assert.equal(without("d"), a + b + END);
    assert.equal(without("a", "c", "d!"), END);
    const lineless = rewritten(b + END, (_, v) => (v === "secret" ? undefined : v));
    assert.equal(lineless, field("c", "2", "X-B: y") + END);
  });

  test("a part may have an empty body, or none", () => {
    const none = `${crlf("--b", 'Content-Disposition: form-data; name="a"', "", "")}${END}`;
    assert.equal(rewritten(none, keepAll), none);
    assert.equal(
      rewritten(none, (place, v) => (place.isName ? v : "x")),
      field("a", "x") + END,
    );
    assert.equal(
      rewritten(field("a", "") + END, (p, v) => (p.isName ? v : "x")),
      field("a", "x") + END,
    );
    assert.equal(rewritten("--b--", keepAll), "--b--");
  });

  test("extended file names are decoded and encoded anew", () => {
    const text = field("f", "1").replace('"f"', "\"f\"; filename*=utf-8'en'%e2%82%ac%20x") + END;
    assert.ok(shownIn(text).includes("f|content-disposition||\xe2\x82\xac x"));
    const out = rewritten(text, (place, v) => (place.header === undefined ? v : "a*b c"));
    assert.ok(out.includes("filename*=UTF-8''a%2Ab%20c\r\n"));
    assert.equal(refusal(text.replace("utf-8'", "utf-16'")), "unknown_encoding");
  });

  test("transfer encodings are undone and done again", () => {
    const coded = (encoding: string, value: string) =>
      field("a", value, `Content-Transfer-Encoding: ${encoding}`) + END;
    const change: Visit<FormPlace> = (place, v) => (place.isName ? v : v.replace("secret", "=x="));
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    assert.equal(
      rewritten(coded("Base64", base64("a secret")), change),
      coded("Base64", base64("a =x=")),
    );
    assert.equal(
      rewritten(coded("quoted-printable", "se=63r=\r\net =C3=A9"), change),
      coded("quoted-printable", "=3Dx=3D =C3=A9"),
    );
    const long = coded("base64", `${base64("x".repeat(60))}\r\n`);
    assert.equal(rewritten(long, keepAll), long);
    // A server that does not undo the encoding reads what is written.
    assert.equal(
      rewritten(coded("base64", "c2VjcmV0c2Vj"), keepAll),
      coded("base64", "c2VjcmV0c2Vj"),
    );
    assert.equal(rewritten(coded("base64", "secretse"), change), coded("base64", "=x=se"));
    assert.equal(refusal(coded("base64", "a*")), "unparsable");
    assert.equal(refusal(coded("quoted-printable", "=zz")), "unparsable");
    assert.equal(refusal(coded("uuencode", "x")), "unknown_encoding");
    const gzip = field("a", "x", "Content-Encoding: gzip") + END;
    assert.equal(refusal(gzip), "unknown_encoding");
  });

  test("what readers could understand in two ways is refused", () => {
    const part = field("a", "1");
    const disposition = 'Content-Disposition: form-data; name="a"';
    for (const text of [
      "",
      "no parts",
      part,
      `${part}--b-\r\n`,
      `${part}--bx\r\n${END}`,
      `${part}--b--x\r\n`,
      part.replaceAll("\r\n", "\n") + END,
      field("a", "1\n--b\nhidden") + END,
      field("a", "1\r--b--") + END,
      part + END + part + END,
      `--b\r\n${END}`,
      field("a", "1", disposition) + END,
      field("a", "1", "Content-Type: a/b", "Content-Type: c/d") + END,
      field("a", "1", " folded: yes") + END,
      field("a", "1", "no colon") + END,
      field("a", "1", "X: =?utf-8?b?NDExMQ==?=") + END,
      part.replace('"a"', '"a"; name="c"') + END,
      part.replace('"a"', "\"a\"; name*=utf-8''c") + END,
      part.replace('"a"', '"a') + END,
      part.replace('"a"', '"a\\"') + END,
      part.replace("form-data", "4111111111111111") + END,
      field("a", "1", `X: ${"x".repeat(20_000)}`) + END,
    ])
      assert.equal(refusal(text), "unparsable", JSON.stringify(text));
    assert.equal(refusal(field("a", "x--b mid-line is text") + END), undefined);
    for (const boundary of ["", "a\r\nb", "x".repeat(300), "end "]) {
      const result = rewriteMultipart(`--${boundary}--`, boundary, keepAll, keepNested);
      assert.equal(result.kind, "refused");
    }
  });

  test("a stand-in that holds the delimiter refuses the whole", () => {
    const visit: Visit<FormPlace> = (place, v) => (place.isName ? v : "x\r\n--b--");
    const result = rewriteMultipart(field("a", "1") + END, "b", visit, keepNested);
    assert.deepEqual(result, { kind: "refused", reason: "unparsable" });
  });

  test("a stand-in in a header cannot begin another line", () => {
    const out = rewritten(field("a", "1", "X: y") + END, (place, v) =>
      place.header === undefined && !place.isName ? v : "c\r\nX-Evil: 1",
    );
    assert.ok(!out.includes("\nX-Evil"));
  });

  test("a stand-in in a parameter stays within its quotes", () => {
    const out = rewritten(field("a", "1") + END, (place, v) =>
      place.isName ? 'c"; filename="\\\r\n' : v,
    );
    assert.equal(out, field("c%22; filename=%22\\\\%0D%0A", "1") + END);
  });

  test("hostile documents take linear time", () => {
    for (const text of [
      "--b\r\n".repeat(200_000),
      `--b\r\n${"\r\n--b\r\n".repeat(150_000)}--b--`,
      `${"x--b".repeat(250_000)}`,
      `${field("a", "").repeat(15_000)}${END}`,
      `${field("a", "x".repeat(1_000_000), "Content-Transfer-Encoding: base64")}${END}`,
      `${field("a", "= ".repeat(500_000), "Content-Transfer-Encoding: quoted-printable")}${END}`,
      `${field("a", "1", `X: ${" ;".repeat(8000)}`).repeat(60)}${END}`,
    ]) {
      const began = performance.now();
      rewriteMultipart(text, "b", (_, value) => `${value}x`, keepNested);
      assert.ok(performance.now() - began < 2000, text.slice(0, 40));
    }
  });
});

/** The body of one part as written, found by splitting at delimiters. */
function valueIn(text: string, boundary: string, index: number): string {
  const part = text.split(`--${boundary}`)[index + 1] ?? "";
  return part.slice(part.indexOf("\r\n\r\n") + 4, -2);
}
