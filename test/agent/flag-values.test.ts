import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  parseChoice,
  parseDuration,
  parseHeader,
  parseHeaderName,
  parseHost,
  parseInteger,
  parseInterface,
  parseMethods,
  parseNumber,
  parsePath,
  parsePercent,
  parsePorts,
  parseSize,
  parseTarget,
} from "../../src/agent/flag-values.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { fc } from "../fuzz/property.ts";

/** The error of a call, as `message | first hint`. */
function refusal(call: () => unknown, code = "ST_USAGE"): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof ShadowtapError);
    assert.equal(error.code, code);
    assert.equal(error.exitCode, 64);
    return `${error.message} | ${error.hints[0]}`;
  }
  return assert.fail("accepted");
}

describe("--port", () => {
  test("takes ports and ranges", () => {
    assert.deepEqual(parsePorts("8080"), { first: 8080, last: 8080 });
    assert.deepEqual(parsePorts("1-65535"), { first: 1, last: 65535 });
  });

  for (const value of ["0", "65536", "", "http", "80-", "-80", "80.5", "99999999"]) {
    test(`refuses ${JSON.stringify(value)}`, () => {
      assert.equal(
        refusal(() => parsePorts(value)),
        `--port ${JSON.stringify(value)} is not a port from 1 to 65535. | Write --port 8080, --port 8080,8081 or --port 8000-8010.`,
      );
    });
  }

  test("refuses a range that runs backwards", () => {
    assert.equal(
      refusal(() => parsePorts("8010-8000")),
      '--port "8010-8000" ends before it begins. | Write --port 8000-8010 for that range.',
    );
  });
});

describe("--to", () => {
  test("takes the URL apart", () => {
    assert.deepEqual(parseTarget("http://10.0.0.9:8080"), {
      name: "http://10.0.0.9:8080",
      tls: false,
      host: "10.0.0.9",
      port: 8080,
      authority: "10.0.0.9:8080",
      pathPrefix: "",
    });
    assert.deepEqual(parseTarget("HTTPS://Shadow.Example/a/b/"), {
      name: "https://shadow.example/a/b",
      tls: true,
      host: "shadow.example",
      port: 443,
      authority: "shadow.example",
      pathPrefix: "/a/b",
    });
    assert.deepEqual(parseTarget("http://[2001:db8::1]:81/"), {
      name: "http://[2001:db8::1]:81",
      tls: false,
      host: "2001:db8::1",
      port: 81,
      authority: "[2001:db8::1]:81",
      pathPrefix: "",
    });
  });

  const refused: readonly [value: string, text: string][] = [
    [
      "10.0.0.9:8080",
      '--to "10.0.0.9:8080" is not an http:// or https:// URL. | Write --to http://10.0.0.9:8080.',
    ],
    ["shadow", '--to "shadow" is not an http:// or https:// URL. | Write --to http://shadow.'],
    [
      "ftp://shadow",
      '--to "ftp://shadow" is not an http:// or https:// URL. | Write --to http://10.0.0.9:8080 or --to https://shadow.example/prefix.',
    ],
    [
      "http://",
      '--to "http://" is not a valid URL. | Write --to http://10.0.0.9:8080 or --to https://shadow.example/prefix.',
    ],
    [
      "http://shadow:99999",
      '--to "http://shadow:99999" is not a valid URL. | Write --to http://10.0.0.9:8080 or --to https://shadow.example/prefix.',
    ],
    ["http://shadow:0", '--to "http://shadow:0" names port 0. | Write a port from 1 to 65535.'],
    [
      "http://shadow/?a=b",
      '--to "http://shadow/?a=b" holds a query or a fragment. | Keep scheme, host, port and path: a request\'s query is its own.',
    ],
    [
      "http://me:secret@shadow/",
      "--to \"http://…@shadow\" holds credentials. | Take them out of the URL, and send them with --set-header 'Authorization: …' if the shadow needs them.",
    ],
  ];
  for (const [value, text] of refused) {
    test(`refuses ${value}`, () => {
      assert.equal(
        refusal(() => parseTarget(value), "ST_TARGET_INVALID"),
        text,
      );
    });
  }

  test("any text is a target or a usage error", () => {
    const text = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.string().map((s) => `http://${s}`),
    );
    fc.assert(
      fc.property(text, (value) => {
        try {
          const target = parseTarget(value);
          assert.equal(parseTarget(target.name).name, target.name);
        } catch (error) {
          assert.ok(error instanceof ShadowtapError, String(error));
        }
      }),
    );
  });
});

describe("numbers", () => {
  test("--percent takes decimals and a percent sign", () => {
    assert.deepEqual(
      ["0", "100", "0.01", "12.5%", "5 %"].map((value) => parsePercent("--percent", value)),
      [0, 100, 0.01, 12.5, 5],
    );
  });

  for (const value of ["101", "-1", "", "ten", "1e1", "0x10", "1,5"]) {
    test(`--percent refuses ${JSON.stringify(value)}`, () => {
      assert.equal(
        refusal(() => parsePercent("--percent", value)),
        `--percent ${JSON.stringify(value)} is not a number from 0 to 100. | Write it in digits, with a point before decimals.`,
      );
    });
  }

  test("whole numbers keep to their limits", () => {
    assert.equal(parseInteger("--count", "12", 1, 20), 12);
    assert.equal(
      refusal(() => parseInteger("--count", "0", 1, 20)),
      '--count "0" is not a whole number from 1 to 20. | Write it in digits only.',
    );
    assert.equal(
      refusal(() => parseInteger("--count", "1.5", 1, 20)),
      '--count "1.5" is not a whole number from 1 to 20. | Write it in digits only.',
    );
  });

  test("--max-rps may be a fraction, not 0", () => {
    assert.equal(parseNumber("--max-rps", "0.5", 0.001, 1e7), 0.5);
    assert.match(
      refusal(() => parseNumber("--max-rps", "0", 0.001, 1e7)),
      /is not a number from 0.001 to 10000000/,
    );
  });
});

describe("--ring-size", () => {
  const size = (value: string) => parseSize("--ring-size", value, 65536, 1024 ** 3);

  test("is in bytes", () => {
    assert.deepEqual(["64KiB", "16MiB", "16 MiB", "1GiB"].map(size), [
      65536,
      16 * 1024 ** 2,
      16 * 1024 ** 2,
      1024 ** 3,
    ]);
  });

  for (const value of ["16", "16MB", "63KiB", "2GiB", "1.5MiB", "-1MiB", ""]) {
    test(`refuses ${JSON.stringify(value)}`, () => {
      assert.equal(
        refusal(() => size(value)),
        `--ring-size ${JSON.stringify(value)} is not a size from 64KiB to 1024MiB. | Write a whole number and KiB, MiB or GiB, such as --ring-size 16MiB.`,
      );
    });
  }
});

describe("durations", () => {
  const duration = (value: string) => parseDuration("--timeout", value, 1, 3_600_000);

  test("are in milliseconds", () => {
    assert.deepEqual(
      ["500ms", "5s", "1.5s", "1m30s", "1h"].map(duration),
      [500, 5000, 1500, 90_000, 3_600_000],
    );
  });

  test("want a unit", () => {
    assert.equal(
      refusal(() => duration("5")),
      '--timeout "5" is not a duration from 1ms to 1h. | Write the unit: --timeout 5s for seconds.',
    );
  });

  for (const value of ["", "0s", "2h", "5 s", "s", "5sec", "-5s"]) {
    test(`refuse ${JSON.stringify(value)}`, () => {
      assert.equal(
        refusal(() => duration(value)),
        `--timeout ${JSON.stringify(value)} is not a duration from 1ms to 1h. | Write a number and ms, s, m or h, such as --timeout 30s or --timeout 1m30s.`,
      );
    });
  }
});

describe("headers", () => {
  test("--set-header is a name and a value", () => {
    assert.deepEqual(parseHeader("X-Env: shadow"), ["X-Env", "shadow"]);
    assert.deepEqual(parseHeader("X-Url:http://a:1"), ["X-Url", "http://a:1"]);
    assert.deepEqual(parseHeader("X-Empty:"), ["X-Empty", ""]);
  });

  test("--remove-header is a name", () => assert.equal(parseHeaderName("X-Trace"), "x-trace"));

  const refused: readonly [call: () => unknown, text: string][] = [
    [
      () => parseHeader("X-Env"),
      "--set-header \"X-Env\" has no colon. | Write --set-header 'Name: value'; an empty value is allowed.",
    ],
    [
      () => parseHeader("X Env: a"),
      '--set-header "X Env" is not the name of a header field. | Write letters, digits and hyphens, such as X-Canary.',
    ],
    [
      () => parseHeader("A: b\u0000c"),
      'The value in --set-header "A: b\\u0000c" holds a control character. | Write visible characters, spaces and tabs only.',
    ],
    [
      () => parseHeader("host: a"),
      "--set-header cannot change Host. | Use --host target, --host NAME or --host keep instead.",
    ],
    [
      () => parseHeaderName("Transfer-Encoding"),
      "--remove-header cannot change Transfer-Encoding. | shadowtap writes this field itself: leave it out.",
    ],
    [
      () => parseHeaderName("X-Shadow-Request"),
      "--remove-header cannot change X-Shadow-Request. | shadowtap writes this field itself: leave it out.",
    ],
    [
      () => parseHeaderName(""),
      '--remove-header "" is not the name of a header field. | Write letters, digits and hyphens, such as X-Canary.',
    ],
  ];
  for (const [call, text] of refused)
    test(text, () => {
      assert.equal(refusal(call), text);
    });
});

describe("--host", () => {
  test("keeps, follows the target, or names", () => {
    assert.deepEqual(parseHost("keep"), { kind: "keep" });
    assert.deepEqual(parseHost("target"), { kind: "target" });
    assert.deepEqual(parseHost("shop.example:8443"), { kind: "name", name: "shop.example:8443" });
    assert.deepEqual(parseHost("[::1]:80"), { kind: "name", name: "[::1]:80" });
  });

  for (const value of ["", "a b", "http://a", "a\r\nb", "a:b"]) {
    test(`refuses ${JSON.stringify(value)}`, () => {
      assert.match(
        refusal(() => parseHost(value)),
        /is neither keep, target nor a host name\. \| Write --host keep for the client's own/,
      );
    });
  }
});

describe("other values", () => {
  test("--allow-methods", () => {
    assert.equal(parseMethods("all"), "all");
    assert.deepEqual(parseMethods("get, HEAD"), ["GET", "HEAD"]);
    assert.equal(
      refusal(() => parseMethods("GET,all")),
      '--allow-methods "GET,all" is neither a list of methods nor all. | Write --allow-methods GET,HEAD,POST to name them, or --allow-methods all.',
    );
    assert.match(
      refusal(() => parseMethods("GET POST")),
      /is neither a list of methods nor all/,
    );
  });

  test("--path", () => {
    assert.equal(parsePath("/api/*"), "/api/*");
    assert.equal(
      refusal(() => parsePath("api/*")),
      "--path \"api/*\" does not begin with / or *. | Write --path '/api/*' to match from the start, or --path '*api/*' to match at the end.",
    );
  });

  test("--iface", () => {
    assert.equal(parseInterface("eth0.100"), "eth0.100");
    for (const value of ["", "..", "a/b", "sixteen-letters-"])
      assert.equal(
        refusal(() => parseInterface(value)),
        `--iface ${JSON.stringify(value)} cannot be the name of an interface. | Run \`ip link\` for the names; leave --iface out for every interface that is up.`,
      );
  });

  test("choices", () => {
    assert.equal(parseChoice("--hook", "tc", ["auto", "tc"]), "tc");
    assert.equal(
      refusal(() => parseChoice("--hook", "xdp", ["auto", "tc"])),
      '--hook "xdp" is not one of auto, tc. | Write --hook auto, for example.',
    );
  });
});
