import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bodyOf, explained, fieldOf, post, redact, sent } from "./harness.ts";

const JSON_TYPE = "application/json";
const CARD = "4111111111111111";
const EMAIL = "john.doe@example.com";
const standard = { preset: "standard" } as const;
const strict = { preset: "strict" } as const;

const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: h\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
/** A JSON body whose one value reads as this. */
const valued = (value: string) => post(JSON_TYPE, utf8(JSON.stringify({ note: value })));

function noteOf(text: string): string {
  const document = JSON.parse(Buffer.from(bodyOf(text), "latin1").toString("utf8")) as {
    note: string;
  };
  return document.note;
}

describe("strings that hold escaped strings", () => {
  for (const [name, inner] of [
    ["a line break before a number", JSON.stringify({ text: `card\n${CARD}\n` })],
    ["quotes as numbers, as .NET writes them", `{\\u0022card\\u0022:\\u0022${CARD}\\u0022}`],
    ["a plus sign as a number", '{"phone":"\\u002B4915112345678"}'],
    ["an at sign as a number", '{"mail":"john.doe\\u0040example.com"}'],
    ["two levels", JSON.stringify({ a: JSON.stringify({ b: `x\t${CARD}` }) })],
  ] as const)
    test(`what is found stays readable: ${name}`, () => {
      const note = noteOf(sent(standard, valued(inner)));
      assert.notEqual(note, inner);
      for (const secret of [CARD, "4915112345678", "john.doe"]) assert.ok(!note.includes(secret));
      assert.deepEqual(Object.keys(JSON.parse(note.replaceAll("\\u0022", '"'))).length, 1);
    });

  test("nothing around it changes", () => {
    const note = noteOf(sent(standard, valued(`a\\n${CARD}\\n\\d C:\\temp "q"`)));
    assert.match(note, /^a\\n400000\d{10}\\n\\d C:\\temp "q"$/);
  });

  test("a second redaction changes nothing", () => {
    const once = sent(standard, valued(`{"a":"x\\n${CARD}","b":"1111\u00a02222"}`));
    assert.equal(sent(standard, once), once);
  });

  test("the escape before an address stays", () => {
    for (const written of ["\\n", "\\t", "\\u000a", "\\\\n"]) {
      const once = noteOf(sent(standard, valued(`{"a":"x${written}${EMAIL}${written}y"}`)));
      const [, before, after] =
        /^\{"a":"x(.*?)[a-z2-7]{12}@[a-z2-7]{8}\.invalid(.*)y"\}$/.exec(once) ?? [];
      assert.deepEqual([before, after], [written, written], once);
      assert.equal(noteOf(sent(standard, valued(once))), once);
    }
  });

  test("a stand-in with something behind it is left alone", () => {
    const once = sent(standard, valued("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln="));
    assert.equal(sent(standard, once), once);
  });

  test("without findings it stays byte for byte", () => {
    const request = valued("C:\\new\\folder \\u00e9 \\x41 \uff21\u00a012");
    assert.equal(sent(standard, request), request);
  });

  test("it is told like any other finding", () => {
    const redactions = explained(standard, valued(`x\\n${CARD}`));
    assert.deepEqual(
      redactions.map(({ place, by }) => [place, by]),
      [["json $.note", "detector card"]],
    );
  });
});

describe("characters that look like others", () => {
  for (const [name, value] of [
    ["blanks that do not break", "4111\u00a01111\u00a01111\u00a01111"],
    ["narrow blanks", "4111\u202f1111\u202f1111\u202f1111"],
    ["typographic dashes", "4111\u20131111\u20111111\u20121111"],
    ["marks of no width", "4111\u200b1111\u20601111\u00ad1111"],
    ["digits of full width", "\uff14\uff11\uff11\uff11111111111111"],
    ["Arabic digits", "\u0664\u0661\u0661\u0661111111111111"],
    ["an address of full width", "john.doe\uff20example\uff0ecom"],
  ] as const)
    test(`they are found: ${name}`, () => {
      const note = noteOf(sent(standard, valued(value)));
      assert.match(note, /^(?:4000[ -]?00[\d -]{10,12}|[a-z2-7]{12}@[a-z2-7]{8}\.invalid)$/);
    });

  test("blanks of ISO 8859", () => {
    const request = post(`${JSON_TYPE}; charset=iso-8859-1`, '"4111\xa01111\xa01111\xa01111"');
    assert.match(bodyOf(sent(standard, request)), /^"4000 00\d\d \d{4} \d{4}"$/);
  });

  test("percent-encoded, too", () => {
    const target = "/a?card=4111%C2%A01111%C2%A01111%C2%A01111";
    assert.doesNotMatch(sent(standard, get(target)), /4111/);
  });

  test("blanks written as plus signs, in an address that a header quotes", () => {
    const field = "Referer: https://shop.example/?card=4111+1111+1111+1111&a=1+2";
    const referer = fieldOf(sent(standard, get("/", field)), "referer");
    assert.match(referer ?? "", /\?card=4000\+00\d\d\+\d{4}\+\d{4}&a=1\+2$/);
  });
});

describe("numbers", () => {
  for (const written of [
    "4.111111111111111e15",
    "4.111111111111111E+15",
    `${CARD}.0`,
    "41111111111111110e-1",
  ])
    test(`a card as ${written}`, () => {
      const body = bodyOf(sent(standard, post(JSON_TYPE, `{"card":${written}}`)));
      if (written.includes("e-")) assert.equal(body, `{"card":${written}}`);
      else assert.match(body, /^\{"card":400000\d{10}\}$/);
    });

  test("other fractions stay", () => {
    const request = post(JSON_TYPE, '{"a":1.5e3,"b":0.1,"c":1E400,"d":-2.50,"e":12345678.0}');
    assert.equal(sent(standard, request), request);
  });
});

describe("addresses that files and resources are named after", () => {
  for (const ending of ["png", "json", "pdf", "xml"])
    test(ending, () => {
      const after = sent(standard, get(`/users/${EMAIL}.${ending}`));
      assert.doesNotMatch(after, /john|example/);
      assert.match(after, new RegExp(`\\.invalid\\.${ending} HTTP`));
    });

  test("names of files are no addresses", () => {
    const request = get("/img/logo@2x.png?a=icon@2x.min.js&b=vue@3.2.1.js&c=pkg@latest.js");
    assert.equal(sent(standard, request), request);
  });
});

describe("XML and HTML", () => {
  const hidden = [
    "<a>&#0000000000000000052;111111111111111</a>",
    "<a>john.doe&#64example.com</a>",
    "<a>john.doe&commat;example.com</a>",
    "<a>4111<![CDATA[1111]]>11111111</a>",
  ];
  for (const text of hidden)
    test(`what is hidden is refused: ${text}`, () => {
      assert.deepEqual(redact(strict, post("text/html", text)), {
        kind: "refused",
        reason: "unknown_encoding",
      });
    });

  test("harmless references pass", () => {
    const request = post("text/html", "<p>&amp; a&nbsp;b &#8364; &#x20ac; &#65;</p><![CDATA[x]]>");
    assert.equal(sent(strict, request), request);
  });
});
