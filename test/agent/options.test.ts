import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RawFlags } from "../../src/agent/config/raw-flags.ts";
import { parseMirrorOptions } from "../../src/agent/options.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { NO_REDACTION } from "../../src/model/redaction.ts";
import type { RuleSpec } from "../../src/model/run-config.ts";

const least: RawFlags = { port: ["8080"], to: ["http://10.0.0.9:8080"] };

const noBudget = {
  requestsPerSecond: undefined,
  bytesPerSecond: undefined,
  inFlight: undefined,
};

const targetOptions = {
  hostPolicy: { kind: "keep" },
  setHeaders: [],
  removeHeaders: [],
  timeoutMs: 5000,
  pipeline: 1,
  ca: undefined,
  insecure: false,
  budget: noBudget,
};

const capture = {
  hook: "auto",
  interfaces: [],
  scope: { kind: "own" },
  direction: "in",
  workers: 1,
  ringBytes: 16 * 1024 ** 2,
};

const anywhere = {
  local: [],
  exceptLocal: [],
  remote: [],
  exceptRemote: [],
  users: [],
  cgroups: [],
  containers: [],
  pids: [],
  executables: [],
};

const defaults = {
  command: "mirror",
  config: {
    capture,
    matching: "first",
    rules: [
      {
        name: "mirror",
        from: { ports: [{ first: 8080, last: 8080 }], ...anywhere },
        match: { kind: "all", of: [] },
        methods: ["GET", "HEAD", "OPTIONS"],
        share: 1,
        sampleBy: { kind: "request" },
        ramp: undefined,
        budget: noBudget,
        count: undefined,
        redact: NO_REDACTION,
        choseRedaction: false,
        targets: [
          {
            name: "http://10.0.0.9:8080",
            tls: false,
            host: "10.0.0.9",
            port: 8080,
            authority: "10.0.0.9:8080",
            pathPrefix: "",
            options: targetOptions,
          },
        ],
      },
    ],
    limits: { maxCpu: undefined, maxMemoryBytes: undefined },
    guard: {
      allowTargets: undefined,
      ttlMs: 8 * 3_600_000,
      stopFile: undefined,
      user: undefined,
    },
    redactionKeyFile: undefined,
  },
  configFile: undefined,
  watchConfig: false,
  reload: undefined,
  output: "compact",
  summaryFile: undefined,
  auditFile: undefined,
  readyFile: undefined,
  pidFile: undefined,
  adminSocket: undefined,
  durationMs: undefined,
};

function rule(flags: RawFlags): RuleSpec {
  const [only] = parseMirrorOptions({ ...least, ...flags }).config.rules;
  assert.ok(only);
  return only;
}

async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof ShadowtapError, String(error));
    assert.ok(error.hints.length > 0);
    return `${error.code} ${error.message}`;
  }
  return assert.fail("accepted");
}

const refused = (flags: RawFlags) => refusal(() => parseMirrorOptions({ ...least, ...flags }));

describe("options of mirror", () => {
  test("have the defaults that the help states", () => {
    assert.deepEqual(parseMirrorOptions(least), defaults);
  });

  test("select", () => {
    const { from, match, methods } = rule({
      port: ["8080,8081", "9000", "8082-8090"],
      local: ["10.0.0.5"],
      remote: ["10.0.0.0/8", "2001:db8::/32"],
      uid: ["www-data,33"],
      pid: ["1", "2"],
      exe: ["/usr/sbin/nginx"],
      path: "/api/*",
      header: ["X-User-Id: 42", "user-agent: curl/*", "x-canary"],
      prefix: "0x474554",
      "allow-methods": "all",
    });
    assert.deepEqual(from, {
      ...anywhere,
      ports: [
        { first: 8080, last: 8090 },
        { first: 9000, last: 9000 },
      ],
      local: [{ address: "00000000000000000000ffff0a000005", bits: 128 }],
      remote: [
        { address: "00000000000000000000ffff0a000000", bits: 104 },
        { address: "20010db8000000000000000000000000", bits: 32 },
      ],
      users: ["www-data", "33"],
      pids: [1, 2],
      executables: ["/usr/sbin/nginx"],
    });
    assert.deepEqual(match, {
      kind: "all",
      of: [
        { kind: "path", test: { kind: "glob", value: "/api/*" } },
        { kind: "header", name: "x-user-id", test: { kind: "exact", value: "42" } },
        { kind: "header", name: "user-agent", test: { kind: "prefix", value: "curl/" } },
        { kind: "header", name: "x-canary", test: { kind: "present" } },
        { kind: "prefix", value: "GET" },
      ],
    });
    assert.equal(methods, "all");
  });

  test("say how many", () => {
    const limited = rule({
      percent: "12.5%",
      "sample-by": "cohort:cookie:session",
      "max-rps": "200",
      "max-bandwidth": "10MiB",
      "max-in-flight": "64",
      count: "1000",
    });
    assert.equal(limited.share, 0.125);
    assert.deepEqual(limited.sampleBy, { kind: "cookie", name: "session" });
    assert.deepEqual(limited.budget, {
      requestsPerSecond: 200,
      bytesPerSecond: 10 * 1024 ** 2,
      inFlight: 64,
    });
    assert.equal(limited.count, 1000);
    assert.equal(rule({ fraction: "1/1000000" }).share, 1e-6);
    const ramped = rule({ ramp: "1%..50/1h/20", "ramp-guard": "errors<1%, p99<1.5s" });
    assert.equal(ramped.share, 0.5);
    assert.deepEqual(ramped.ramp, {
      from: 0.01,
      to: 0.5,
      overMs: 3_600_000,
      steps: 20,
      guard: { maxErrorRatio: 0.01, maxP99Ms: 1500 },
    });
    assert.deepEqual(rule({ ramp: "0..100%/10m" }).ramp, {
      from: 0,
      to: 1,
      overMs: 600_000,
      steps: 10,
      guard: undefined,
    });
  });

  test("say where to, and how", () => {
    const { targets } = rule({
      to: ["http://a", "https://b/x"],
      pipeline: "16",
      timeout: "500ms",
      "set-header": ["X-Env: shadow"],
      "remove-header": ["Cookie,Authorization"],
      host: "target",
      insecure: true,
    });
    assert.deepEqual(
      targets.map(({ name }) => name),
      ["http://a", "https://b/x"],
    );
    for (const { options } of targets)
      assert.deepEqual(options, {
        ...targetOptions,
        hostPolicy: { kind: "target" },
        setHeaders: [["X-Env", "shadow"]],
        removeHeaders: ["cookie", "authorization"],
        timeoutMs: 500,
        pipeline: 16,
        insecure: true,
      });
  });

  test("capture, limit and tell", () => {
    const { config, ...told } = parseMirrorOptions({
      ...least,
      hook: "socket",
      iface: ["eth0", "eth1", "eth0"],
      direction: "out",
      container: "0123456789ab",
      workers: "2",
      "ring-size": "32MiB",
      "max-cpu": "20%",
      "max-memory": "512MiB",
      duration: "30s",
      output: "json",
      "summary-file": "/tmp/summary.json",
      "audit-file": "/tmp/audit.jsonl",
      "ready-file": "/tmp/ready",
      "pid-file": "/tmp/pid",
      "admin-socket": "/tmp/admin",
    });
    assert.deepEqual(config.capture, {
      hook: "socket",
      interfaces: ["eth0", "eth1"],
      scope: { kind: "container", id: "0123456789ab" },
      direction: "out",
      workers: 2,
      ringBytes: 32 * 1024 ** 2,
    });
    assert.deepEqual(config.limits, { maxCpu: 0.2, maxMemoryBytes: 512 * 1024 ** 2 });
    assert.deepEqual(told, {
      command: "mirror",
      configFile: undefined,
      watchConfig: false,
      reload: undefined,
      output: "json",
      summaryFile: "/tmp/summary.json",
      auditFile: "/tmp/audit.jsonl",
      readyFile: "/tmp/ready",
      pidFile: "/tmp/pid",
      adminSocket: "/tmp/admin",
      durationMs: 30_000,
    });
  });

  test("take several values from one environment variable", () => {
    const { from, match, targets } = rule({
      port: "8080 8081",
      to: "http://a http://b",
      "set-header": "A: 1, 2\nB: 3",
      header: "A: 1, 2\nB: 3",
      exe: "/a b\n/c",
      uid: "a b",
    });
    assert.deepEqual(from.ports, [{ first: 8080, last: 8081 }]);
    assert.deepEqual(from.executables, ["/a b", "/c"]);
    assert.deepEqual(from.users, ["a", "b"]);
    assert.equal(match.kind === "all" && match.of.length, 2);
    assert.deepEqual(targets[1]?.options.setHeaders, [
      ["A", "1, 2"],
      ["B", "3"],
    ]);
  });

  test("name the scope by one flag", async () => {
    const scope = (flags: RawFlags) =>
      parseMirrorOptions({ ...least, ...flags }).config.capture.scope;
    assert.deepEqual(scope({ cgroup: "/a" }), { kind: "cgroup", path: "/a" });
    assert.deepEqual(scope({ netns: "/run/netns/a" }), { kind: "netns", path: "/run/netns/a" });
    assert.deepEqual(scope({ "all-namespaces": true }), { kind: "all" });
  });

  const contradictions: readonly [flags: RawFlags, text: string][] = [
    [
      { cgroup: "/a", "all-namespaces": true },
      "ST_USAGE --cgroup and --all-namespaces exclude each other.",
    ],
    [{ iface: ["eth0"], hook: "cgroup" }, "ST_USAGE --iface has no meaning for --hook cgroup."],
    [{ ca: "a", insecure: true }, "ST_USAGE --ca and --insecure exclude each other."],
    [{ to: ["http://a/", "http://a"] }, "ST_TARGET_INVALID --to http://a is given twice."],
    [{ port: [] }, "ST_USAGE --port is required."],
    [{ to: [] }, "ST_USAGE --to is required."],
    [{ percent: "1", fraction: "1/2" }, "ST_USAGE --percent and --fraction exclude each other."],
    [{ "ramp-guard": "errors<1%" }, "ST_USAGE --ramp-guard has no meaning without --ramp."],
    [{ local: ["a"] }, 'ST_USAGE --local "a" is neither an address nor a network.'],
    [{ remote: ["10.1.1.1/8"] }, 'ST_USAGE --remote "10.1.1.1/8" has bits set behind its prefix.'],
    [{ uid: ["a:b"] }, 'ST_USAGE --uid "a:b" cannot be a user.'],
    [{ pid: ["0"] }, 'ST_USAGE --pid "0" is not a whole number from 1 to 4194304.'],
    [{ exe: ["nginx"] }, 'ST_USAGE --exe "nginx" is not an absolute path.'],
    [
      { header: ["a b: c"] },
      'ST_USAGE --header "a b: c" does not begin with the name of a header field.',
    ],
    [
      { header: ["a: \u0001"] },
      'ST_USAGE The value in --header "a: \\u0001" holds a control character.',
    ],
    [{ prefix: "" }, 'ST_USAGE --prefix "" is not 1 to 256 bytes.'],
    [{ prefix: "0x4" }, 'ST_USAGE --prefix "0x4" is not 1 to 256 bytes in hexadecimal digits.'],
    [
      { "sample-by": "cohort" },
      'ST_USAGE --sample-by "cohort" is nothing that a share can be drawn by.',
    ],
    [{ fraction: "2/1" }, 'ST_USAGE --fraction "2/1" is not a fraction from 0 to 1.'],
    [{ ramp: "1%-50%" }, 'ST_USAGE --ramp "1%-50%" is not FROM..TO/TIME/STEPS.'],
    [{ ramp: "5..1/10m" }, 'ST_USAGE --ramp "5..1/10m" does not rise.'],
    [{ ramp: "1..5/10" }, 'ST_USAGE --ramp "1..5/10" does not take a time from 1s to 168h.'],
    [{ ramp: "1..5/10m/0" }, 'ST_USAGE --ramp "1..5/10m/0" does not have 1 to 1000 steps.'],
    [
      { ramp: "1..5/10m", "ramp-guard": "p50<1ms" },
      'ST_USAGE --ramp-guard "p50<1ms" is not what a ramp can be guarded by.',
    ],
    [{ "max-cpu": "0" }, 'ST_USAGE --max-cpu "0" is not a number from 1 to 6400.'],
    [{ ca: "/nowhere" }, "ST_FILE_UNREADABLE --ca /nowhere cannot be read (ENOENT)."],
    [{ ca: "/dev/zero" }, "ST_FILE_UNREADABLE --ca /dev/zero holds no certificates."],
  ];
  for (const [flags, text] of contradictions)
    test(text, async () => {
      assert.equal(await refused(flags), text);
    });
});
