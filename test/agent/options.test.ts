import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type MirrorOptions, parseMirrorOptions, type RawFlags } from "../../src/agent/options.ts";
import { ShadowtapError } from "../../src/model/errors.ts";

const least: RawFlags = { port: ["8080"], to: ["http://10.0.0.9:8080"] };

const defaults: MirrorOptions = {
  ports: [8080],
  targets: [
    {
      name: "http://10.0.0.9:8080",
      tls: false,
      host: "10.0.0.9",
      port: 8080,
      authority: "10.0.0.9:8080",
      pathPrefix: "",
    },
  ],
  hook: "auto",
  interfaces: [],
  scope: { kind: "own" },
  path: "*",
  methods: new Set(["GET", "HEAD", "OPTIONS"]),
  percent: 100,
  maxRps: undefined,
  pipeline: 1,
  durationMs: undefined,
  count: undefined,
  workers: 1,
  ringBytes: 16 * 1024 ** 2,
  timeoutMs: 5000,
  setHeaders: [],
  removeHeaders: [],
  host: { kind: "keep" },
  caFile: undefined,
  insecure: false,
  output: "compact",
  summaryFile: undefined,
  readyFile: undefined,
  pidFile: undefined,
};

function refusal(flags: RawFlags): string {
  try {
    parseMirrorOptions({ ...least, ...flags });
  } catch (error) {
    assert.ok(error instanceof ShadowtapError);
    return `${error.code} ${error.message}`;
  }
  return assert.fail("accepted");
}

describe("options of mirror", () => {
  test("have the defaults that the help states", () => {
    assert.deepEqual(parseMirrorOptions(least), defaults);
  });

  test("take every flag", () => {
    const options = parseMirrorOptions({
      port: ["8080,8081", "9000"],
      to: ["http://a", "https://b/x"],
      hook: "tc",
      iface: ["eth0", "eth1", "eth0"],
      container: "0123456789ab",
      path: "/api/*",
      "allow-methods": "all",
      percent: "12.5",
      "max-rps": "200",
      pipeline: "16",
      duration: "30s",
      count: "1000",
      workers: "2",
      "ring-size": "32MiB",
      timeout: "500ms",
      "set-header": ["X-Env: shadow"],
      "remove-header": ["Cookie,Authorization"],
      host: "target",
      ca: "/etc/ca.pem",
      output: "json",
      "summary-file": "/tmp/summary.json",
      "ready-file": "/tmp/ready",
      "pid-file": "/tmp/pid",
    });
    const { targets, ...rest } = options;
    assert.deepEqual(
      targets.map(({ name }) => name),
      ["http://a", "https://b/x"],
    );
    assert.deepEqual(rest, {
      ports: [8080, 8081, 9000],
      hook: "tc",
      interfaces: ["eth0", "eth1"],
      scope: { kind: "container", id: "0123456789ab" },
      path: "/api/*",
      methods: "all",
      percent: 12.5,
      maxRps: 200,
      pipeline: 16,
      durationMs: 30_000,
      count: 1000,
      workers: 2,
      ringBytes: 32 * 1024 ** 2,
      timeoutMs: 500,
      setHeaders: [["X-Env", "shadow"]],
      removeHeaders: ["cookie", "authorization"],
      host: { kind: "target" },
      caFile: "/etc/ca.pem",
      insecure: false,
      output: "json",
      summaryFile: "/tmp/summary.json",
      readyFile: "/tmp/ready",
      pidFile: "/tmp/pid",
    });
  });

  test("take several values from one environment variable", () => {
    const options = parseMirrorOptions({
      port: "8080 8081",
      to: "http://a http://b",
      "set-header": "A: 1, 2\nB: 3",
      iface: "eth0,eth1",
    });
    assert.deepEqual(options.ports, [8080, 8081]);
    assert.equal(options.targets.length, 2);
    assert.deepEqual(options.setHeaders, [
      ["A", "1, 2"],
      ["B", "3"],
    ]);
    assert.deepEqual(options.interfaces, ["eth0", "eth1"]);
  });

  test("name the scope by one flag", () => {
    const scope = (flags: RawFlags) => parseMirrorOptions({ ...least, ...flags }).scope;
    assert.deepEqual(scope({ cgroup: "/a" }), { kind: "cgroup", path: "/a" });
    assert.deepEqual(scope({ netns: "/run/netns/a" }), { kind: "netns", path: "/run/netns/a" });
    assert.deepEqual(scope({ "all-namespaces": true }), { kind: "all" });
    assert.equal(
      refusal({ cgroup: "/a", "all-namespaces": true }),
      "ST_USAGE --cgroup and --all-namespaces exclude each other.",
    );
  });

  test("refuse what contradicts itself", () => {
    assert.equal(
      refusal({ iface: ["eth0"], hook: "cgroup" }),
      "ST_USAGE --iface has no meaning for --hook cgroup.",
    );
    assert.equal(
      refusal({ ca: "a", insecure: true }),
      "ST_USAGE --ca and --insecure exclude each other.",
    );
    assert.equal(
      refusal({ to: ["http://a/", "http://a"] }),
      "ST_TARGET_INVALID --to http://a is given twice.",
    );
  });
});
