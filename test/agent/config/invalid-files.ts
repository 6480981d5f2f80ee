/** Small rules files, each with something wrong: what is said about them is in invalid-files.golden.txt. */

const HEAD = "apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\n";

/** A file whose one mirror has more lines. */
function mirror(lines: string): string {
  const more = lines
    .trim()
    .split("\n")
    .map((line) => `    ${line}\n`)
    .join("");
  return `${HEAD}mirrors:\n  - name: a\n    from: { ports: [80] }\n    to: { url: http://a }\n${more}`;
}

const match = (text: string) => mirror(`match: ${text}`);
const from = (text: string) =>
  `${HEAD}mirrors: [{ name: a, from: { ${text} }, to: { url: http://a } }]\n`;
const to = (text: string) => `${HEAD}mirrors: [{ name: a, from: { ports: [80] }, to: ${text} }]\n`;
const top = (text: string) => `${mirror("percent: 1")}${text}\n`;

export const INVALID_FILES: Readonly<Record<string, string>> = {
  empty: "",
  "comment only": "# nothing\n",
  "a text": "hello\n",
  "a list": "- a\n",
  "not YAML": "a: [1, 2\nb: 3\n",
  tab: "mirrors:\n\t- name: a\n",
  "NUL byte": "a: \0\n",
  "not UTF-8": "a: \ufffd\n",
  "two documents": `${mirror("percent: 1")}---\na: 1\n`,
  "YAML 1.1": "%YAML 1.1\n---\na: 1\n",
  "unknown tag": `${HEAD}mirrors: !many []\n`,
  "key that is a list": "? [a]\n: 1\n",
  "key twice": mirror("percent: 1\npercent: 2"),
  "unknown alias": mirror("match: *other"),
  "alias of itself": mirror("match: &m { not: *m }"),
  "merge key": mirror("<<: { percent: 1 }"),
  "nested too deeply": match(`${"{ not: ".repeat(70)}{}${" }".repeat(70)}`),
  "everything is missing": "{}\n",
  "other version": "apiVersion: shadowtap.dev/v1\nkind: Mirror\nmirrors: []\n",
  "65 mirrors": `${HEAD}mirrors:\n${Array.from({ length: 65 }, (_, i) => `  - { name: m${i}, from: { ports: [80] }, to: { url: http://a } }\n`).join("")}`,
  "mirrors is a mapping": `${HEAD}mirrors: { name: a }\n`,
  "empty mirror": `${HEAD}mirrors: [{}]\n`,
  "null mirror": `${HEAD}mirrors:\n  -\n`,
  "names twice": `${HEAD}mirrors:\n  - { name: a, from: { ports: [80] }, to: { url: http://a } }\n  - { name: a, from: { ports: [81] }, to: { url: http://a } }\n`,
  "name with a space": `${HEAD}mirrors: [{ name: a b, from: { ports: [80] }, to: { url: http://a } }]\n`,
  "unknown keys": top("limit: { maxCpu: 20% }\nzzz: 1\n__proto__: 1\nconstructor: 1"),
  "unknown key of a mirror": mirror("percnt: 1"),
  "unknown key of from": from("port: [80]"),
  "several problems": mirror("percent: 101\nsampleBy: cookie\ncount: 0\nfrom2: x"),
  "hook unknown": top("capture: { hook: TC }"),
  "hook nearly": top("capture: { hook: sockets }"),
  "cgroup hook with interfaces": top("capture: { hook: cgroup, interfaces: [eth0] }"),
  "two scopes": top("capture: { netns: /run/netns/a, allNamespaces: true }"),
  "all namespaces false": top("capture: { allNamespaces: false }"),
  "capture values": top(
    "capture: { interfaces: [a/b, 1], direction: both, netns: '', container: abc, workers: 0, ringSize: 16MB }",
  ),
  "matching unknown": top("matching: frist"),
  limits: top("limits: { maxCpu: 0.5%, maxMemory: 1MiB }"),
  "ports missing": from("users: [root]"),
  "ports empty": from("ports: []"),
  "ports a number": from("ports: 80"),
  ports: from('ports: [0, 65536, "9010-9000", http, 80.5, 010, 10:30, 0x50, true, -1]'),
  networks: from(
    "ports: [80], local: [10.0.0.1/8, 10.0.0.0/33, a, '2001:db8::1/32', 1], exceptRemote: [fe80::1%eth0]",
  ),
  owners: from(
    "ports: [80], users: [a b, -1], cgroups: [''], containers: [xyz], pids: [0, '1'], executables: [nginx]",
  ),
  "match a text": match("GET"),
  "match null": match("null"),
  "match empty list": match("[]"),
  "method in small letters": match("{ method: get }"),
  "path type unknown": match("{ path: { type: Prefix, value: / } }"),
  "path without value": match("{ path: { type: Exact } }"),
  "path relative": match("{ path: { value: api } }"),
  "path with query": match("{ path: { type: Exact, value: '/a?b=c' } }"),
  "path template": match("{ path: { type: Template, value: '/a/{b}c' } }"),
  "path glob": match("{ path: { type: Glob, value: 'api/*' } }"),
  "path regex": match("{ path: { type: RegularExpression, value: '/a(b' } }"),
  "path regex not ASCII": match("{ path: { type: RegularExpression, value: '/ü' } }"),
  "regex with lookahead": match(
    "{ headers: [{ name: a, type: RegularExpression, value: '(?=a)' }] }",
  ),
  "regex too large": match(
    "{ headers: [{ name: a, type: RegularExpression, value: '((a{1000}){1000}){1000}' }] }",
  ),
  hostnames: match("{ hostnames: [a:80, 'http://a', '*.*.a', '', 1, '*'] }"),
  "header tests": match(
    "{ headers: [{ name: 'a b', value: x }, { name: a }, { name: a, type: Present, value: x }, { name: a, value: 42 }, { name: a, type: exact, value: x }, { value: x }] }",
  ),
  "query and cookie tests": match(
    "{ queryParams: [{ name: '', value: x }], cookies: [{ name: 'a=b', type: Absent }, { name: a, type: Absent, value: x }] }",
  ),
  "content type": match("{ contentType: 'text/html; charset=utf-8' }"),
  "content type any": match("{ contentType: '*/*' }"),
  "body size": match(
    "[{ bodySize: {} }, { bodySize: { min: 2KiB, max: 1KiB } }, { bodySize: { min: 1kB, max: -1 } }]",
  ),
  prefix: match(
    "[{ prefix: {} }, { prefix: { text: a, hex: 61 } }, { prefix: { hex: '123' } }, { prefix: { text: '' } }]",
  ),
  "nested matches": match("{ all: [], any: [{ not: { methd: GET } }], not: [] }"),
  "allow methods": mirror("allowMethods: GET"),
  "allow methods list": mirror("allowMethods: [GET, post, all]"),
  "percent and fraction": mirror("percent: 1\nfraction: { numerator: 1 }"),
  "percent and ramp": mirror("percent: 1\nramp: { from: 1, to: 2, over: 1m }"),
  "percent words": mirror("percent: ten"),
  "percent of a text number": mirror('percent: "10"'),
  "percent empty": mirror("percent:"),
  fraction: mirror("fraction: { numerator: 101 }"),
  "fraction zero": mirror("fraction: { numerator: 0.5, denominator: 0 }"),
  "sample by": mirror("sampleBy: cohort:header"),
  "ramp falls": mirror("ramp: { from: 50%, to: 1%, over: 10m }"),
  "mappings for numbers": mirror(
    "ramp: { from: {}, to: {}, over: {} }\nfraction: { numerator: {}, denominator: {} }\nmatch: { bodySize: { min: {}, max: {} } }",
  ),
  "ramp values": mirror("ramp: { from: -1, over: 10, steps: 0, guard: {} }"),
  "ramp guard": mirror(
    "ramp: { from: 1, to: 2, over: 1m, guard: { errors: 1, p99: <500, p50: 1ms } }",
  ),
  budgets: mirror("maxRps: 0\nmaxBytesPerSecond: 10MB\nmaxInFlight: 1.5"),
  "to missing": `${HEAD}mirrors: [{ name: a, from: { ports: [80] } }]\n`,
  "to a text": to("http://a"),
  "to empty": to("[]"),
  "url without scheme": to("{ url: 'a:80' }"),
  "url with credentials": to("{ url: 'http://me:secret@a' }"),
  "url with query": to("{ url: 'http://a/?b' }"),
  "url invalid": to("[{ url: 'http://' }, { url: 'http://a:0' }, { url: 1 }]"),
  "target values": to(
    "{ name: a b, url: http://a, timeout: 5, host: a b, pipeline: 0, insecure: yes, maxRps: fast }",
  ),
  "target headers": to(
    '{ url: http://a, setHeaders: [{ name: Host, value: a }, { name: "a b", value: x }, { name: X-A, value: "a\\nb" }, { name: X-B }], removeHeaders: [Content-Length] }',
  ),
  "ca and insecure": to("{ url: https://a, ca: ca.pem, insecure: true }"),
  "target twice": to("[{ url: http://a }, { url: http://a/ }]"),
  "target of two minds": `${HEAD}mirrors:\n  - { name: a, from: { ports: [80] }, to: { url: http://a } }\n  - { name: b, from: { ports: [81] }, to: { url: http://a, timeout: 1s } }\n`,
  "redact preset": mirror("redact: standart"),
  "redact a list": mirror("redact: [standard]"),
  "redact null": mirror("redact:"),
  "redact empty": mirror("redact: {}"),
  "redact a size only": mirror("redact: { maxBodyBytes: 1KiB }"),
  "redact with a key": mirror("redact: { preset: standard, keyFile: key }"),
  "redact loses the preset": `${mirror("redact: { rules: [{ header: x-user, action: mask }] }")}redaction: strict\n`,
  "redact values": mirror(
    "redact: { preset: headers2, detectors: [card, ssn, us_ssn, IBAN], detected: masked, maxBodyBytes: 1GiB }",
  ),
  "redaction preset": top("redaction: on"),
  "redaction empty": top("redaction: {}"),
  "redaction misspelled": top("redaction: { presets: standard }"),
  "redaction replacement that is found": top(
    "redaction: { preset: standard, detected: { replace: nobody@example.com } }",
  ),
  "redaction rules": top(`redaction:
  preset: standard
  rules:
    - { header: x-user }
    - { action: mask }
    - { header: x-user, cookie: sid, action: mask }
    - { header: a b, action: mask }
    - { header: Content-Length, action: remove }
    - { cookie: "a=b", action: mask }
    - { query: "", action: mask }
    - { path: users, action: mask }
    - { path: "/users/{id}/orders/{order}", action: mask }
    - { path: "/users/{id}", name: user, action: mask }
    - { path: "/users/1", action: mask }
    - { header: x-user, name: id, action: mask }
    - { json: user.email, action: mask }
    - { json: "$.a[", action: mask }
    - { text: "a(b", action: mask }
    - { text: "a*", action: mask }
    - { body: false, action: remove }
    - { header: x-user, action: tokenize }
    - { header: x-user, action: { replace: "a\\nb" } }
    - { header: x-user, action: { replaced: a } }
    - { haeder: x-user, action: mask }`),
  "redaction long values": top(
    `redaction: { rules: [{ path: "/${"{a}/".repeat(200)}", action: mask }, { text: "${"(".repeat(900)}", action: mask }] }`,
  ),
  "redaction expressions too many": top(
    `redaction: { rules: [${"{ text: a, action: mask }, ".repeat(200)}] }`,
  )
    .replace("percent: 1", `redact: { rules: [${"{ text: a, action: mask }, ".repeat(256)}] }`)
    .replace(
      "name: a",
      `name: z\n    from: { ports: [80] }\n    to: { url: http://z }\n    redact: { rules: [${"{ text: a, action: mask }, ".repeat(200)}] }\n  - name: a`,
    ),
  "guard targets": top(
    "guard: { allowTargets: [10.0.0.1/8, 10.0.0.300, '*', a b, 'http://a', 'a:80', 1, '*.svc.cluster.local', '::1'] }",
  ),
  "guard targets empty": top("guard: { allowTargets: [] }"),
  "guard values": top("guard: { ttl: 8, stopFile: stop, user: root, allowTarget: a }"),
  "guard user zero": top("guard: { user: 0, ttl: 0.0001ms }"),
  "guard user zero as text": top("guard: { user: '00', ttl: never }"),
  "many problems": from(`ports: [${"0, ".repeat(60)}80]`),
};
