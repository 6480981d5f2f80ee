import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type BuiltShell, buildShell, type Ran } from "./built-shell.ts";
import { plantAgents } from "./planted-agents.ts";

/**
 * What every command line prints and how it exits, compared with files in golden/. They are written anew with
 * SHADOWTAP_UPDATE_GOLDEN=1; read the difference before it is committed.
 */

const GOLDEN = join(import.meta.dirname, "golden");
const UPDATE = process.env["SHADOWTAP_UPDATE_GOLDEN"] === "1";

const enough = ["mirror", "--port", "8080", "--to", "http://10.0.0.9:8080"];

const VALID = `apiVersion: shadowtap.dev/v1alpha1
kind: MirrorConfig
mirrors:
  - name: a
    from: { ports: [80], users: [www-data] }
    match: { path: { value: /v1 } }
    percent: 10
    to: { url: http://10.0.0.9 }
`;

const REDACTING = `${VALID}    redact: strict
  - name: b
    from: { ports: [81] }
    to: { url: http://10.0.0.9 }
redaction:
  preset: headers
  rules:
    - { path: "/users/{id}", action: hash }
    - { body: true, action: mask }
  maxBodyBytes: 64KiB
guard: { ttl: 90m, allowTargets: [10.0.0.0/8], stopFile: /run/shadowtap.stop }
`;

const cases: Readonly<Record<string, readonly string[]>> = {
  "no-arguments": [],
  help: ["--help"],
  "help-mirror": ["mirror", "--help"],
  "help-run": ["run", "--help"],
  "help-plan": ["plan", "--help"],
  "help-doctor": ["doctor", "--help"],
  "help-config": ["config", "--help"],
  "help-config-validate": ["config", "validate", "--help"],
  "help-config-view": ["config", "view", "--help"],
  "help-status": ["status", "--help"],
  "help-stop": ["stop", "--help"],
  "help-reload": ["reload", "--help"],
  "help-rule": ["rule", "--help"],
  "help-rule-set": ["rule", "set", "--help"],
  "help-target": ["target", "--help"],
  "help-target-pause": ["target", "pause", "--help"],
  "help-target-resume": ["target", "resume", "--help"],
  "config-command-unknown": ["config", "validat"],
  "config-file-missing": ["config", "validate"],
  "config-file-unreadable": ["config", "validate", "nowhere.yaml"],
  "config-valid": ["config", "validate", "valid.yaml"],
  "config-invalid": ["config", "validate", "invalid.yaml"],
  "config-flag-unknown": ["config", "view", "valid.yaml", "--origins"],
  "config-argument-too-many": ["config", "validate", "valid.yaml", "more"],
  "config-view-origin": ["config", "view", "valid.yaml", "--origin", "--max-cpu", "20%"],
  "config-explain": ["config", "explain", "valid.yaml"],
  "run-without-file": ["run"],
  "run-invalid-json": ["run", "-c", "invalid.yaml", "-o", "json"],
  "run-file-missing": ["run", "-c", "nowhere.yaml"],
  "run-file-is-directory": ["run", "-c", "docs"],
  "run-invalid": ["run", "-c", "invalid.yaml"],
  "run-flag-unknown": ["run", "-c", "valid.yaml", "--port", "80"],
  "run-hook-invalid": ["run", "-c", "valid.yaml", "--hook", "xdp"],
  "plan-without-port": ["plan"],
  "plan-file-missing": ["plan", "-c", "nowhere.yaml"],
  "plan-invalid": ["plan", "-c", "invalid.yaml"],
  "plan-flag-unknown": ["plan", "--port", "80", "--topp", "3"],
  "plan-duration-invalid": ["plan", "--port", "80", "--duration", "0s"],
  "plan-output-invalid": ["plan", "--port", "80", "-o", "text"],
  "plan-top-invalid": ["plan", "--port", "80", "--top", "0"],
  "status-not-running": ["status", "--admin-socket", "nowhere.sock"],
  "status-not-running-json": ["status", "--admin-socket", "nowhere.sock", "-o", "json"],
  "status-no-socket": ["status", "--admin-socket", "valid.yaml"],
  "status-flag-unknown": ["status", "--wacht"],
  "status-output-invalid": ["status", "-o", "yaml"],
  "status-argument-too-many": ["status", "812"],
  "stop-not-running": ["stop", "--admin-socket", "nowhere.sock"],
  "stop-flag-unknown": ["stop", "--force"],
  "reload-not-running": ["reload", "--admin-socket", "nowhere.sock"],
  "reload-argument-too-many": ["reload", "shadowtap.yaml"],
  "rule-command-unknown": ["rule", "sett"],
  "rule-set-name-missing": ["rule", "set", "--percent", "5"],
  "rule-set-percent-missing": ["rule", "set", "a"],
  "rule-set-percent-invalid": ["rule", "set", "a", "--percent", "5%x"],
  "rule-set-percent-out-of-range": ["rule", "set", "a", "--percent", "101"],
  "rule-set-flag-unknown": ["rule", "set", "a", "--fraction", "1/2"],
  "rule-set-not-running": ["rule", "set", "a", "--percent", "5", "--admin-socket", "nowhere.sock"],
  "target-command-unknown": ["target", "stop"],
  "target-pause-name-missing": ["target", "pause"],
  "target-pause-not-running": ["target", "pause", "a", "--admin-socket", "nowhere.sock"],
  "target-resume-name-missing": ["target", "resume"],
  "target-resume-argument-too-many": ["target", "resume", "a", "b"],
  "plan-file-and-flags": ["plan", "-c", "valid.yaml", "--port", "80"],
  "mirror-explain": [...enough, "--path", "/api/*", "--percent", "10", "--explain"],
  "unknown-command": ["mirorr"],
  "unknown-command-help": ["help", "nonsense"],
  "flag-before-command": ["--port", "8080", "mirror"],
  "argument-too-many": [...enough, "extra"],
  "flags-missing": ["mirror"],
  "to-missing": ["mirror", "--port", "8080"],
  "flag-unknown": [...enough, "--prot", "80"],
  "flag-unknown-twice": [...enough, "--xyz", "--perzent"],
  "flag-without-value": ["mirror", "--to", "http://10.0.0.9:8080", "--port"],
  "port-zero": ["mirror", "--port", "0", "--to", "http://10.0.0.9:8080"],
  "port-too-large": ["mirror", "--port", "8080,65536", "--to", "http://10.0.0.9:8080"],
  "port-not-a-number": ["mirror", "--port", "http", "--to", "http://10.0.0.9:8080"],
  "to-without-scheme": ["mirror", "--port", "8080", "--to", "10.0.0.9:8080"],
  "to-credentials": ["mirror", "--port", "8080", "--to", "http://me:secret@10.0.0.9"],
  "to-twice": [...enough, "--to", "http://10.0.0.9:8080/"],
  "host-invalid": [...enough, "--host", "not a host"],
  "set-header-without-colon": [...enough, "--set-header", "X-Env"],
  "set-header-host": [...enough, "--set-header", "Host: a"],
  "remove-header-invalid": [...enough, "--remove-header", "a:b"],
  "timeout-without-unit": [...enough, "--timeout", "5"],
  "pipeline-zero": [...enough, "--pipeline", "0"],
  "ca-and-insecure": [...enough, "--ca", "ca.pem", "--insecure"],
  "hook-invalid": [...enough, "--hook", "xdp"],
  "hook-cgroup-and-iface": [...enough, "--hook", "cgroup", "--iface", "eth0"],
  "iface-invalid": [...enough, "--iface", "a/b"],
  "scopes-contradict": [...enough, "--netns", "/run/netns/a", "--all-namespaces"],
  "workers-invalid": [...enough, "--workers", "many"],
  "ring-size-invalid": [...enough, "--ring-size", "16MB"],
  "path-relative": [...enough, "--path", "api/*"],
  "allow-methods-invalid": [...enough, "--allow-methods", "GET POST"],
  "percent-out-of-range": [...enough, "--percent", "101"],
  "shares-contradict": [...enough, "--percent", "1", "--ramp", "1..2/1m"],
  "fraction-invalid": [...enough, "--fraction", "1%"],
  "sample-by-invalid": [...enough, "--sample-by", "cohort"],
  "ramp-invalid": [...enough, "--ramp", "1%-50%"],
  "ramp-guard-invalid": [...enough, "--ramp", "1..2/1m", "--ramp-guard", "p50<1ms"],
  "header-invalid": [...enough, "--header", "a b"],
  "remote-invalid": [...enough, "--remote", "10.0.0.1/8"],
  "exe-invalid": [...enough, "--exe", "nginx"],
  "max-cpu-invalid": [...enough, "--max-cpu", "0%"],
  "max-memory-invalid": [...enough, "--max-memory", "1MiB"],
  "max-rps-zero": [...enough, "--max-rps", "0"],
  "duration-invalid": [...enough, "--duration", "soon"],
  "count-negative": [...enough, "--count=-1"],
  "output-invalid": [...enough, "-o", "xml"],
  "output-nearly": [...enough, "--output=jsn"],
  "json-error": [...enough, "--percent", "101", "-o", "json"],
  "doctor-output-invalid": ["doctor", "-o", "compact"],
  "doctor-to-invalid": ["doctor", "--to", "10.0.0.9"],
  "doctor-table": ["doctor", "--to", "http://ready"],
  "doctor-json": ["doctor", "--to", "http://ready", "-o", "json"],
  "doctor-permission-missing": ["doctor", "--to", "http://permission"],
  "doctor-hook-missing": ["doctor", "--to", "http://hook"],
  "doctor-clean": ["doctor", "--clean"],
  "doctor-clean-json": ["doctor", "--clean", "-o", "json"],
  "mirror-refused": [...enough, "--path", "/refused"],
  "mirror-refused-json": [...enough, "--path", "/refused", "-ojson"],
  "mirror-crashed": [...enough, "--path", "/crashed"],
  "redact-invalid": [...enough, "--redact", "standart"],
  "redact-rule-invalid": [...enough, "--redact-rule", "json:user.email=mask"],
  "redact-rule-without-action": [...enough, "--redact-rule", "header:x-user"],
  "redact-detect-invalid": [...enough, "--redact-detect", "us_ssn,ssn"],
  "allow-target-invalid": [...enough, "--allow-target", "http://10.0.0.9"],
  "allow-target-host-bits": [...enough, "--allow-target", "10.0.0.9/8"],
  "ttl-without-unit": [...enough, "--ttl", "8"],
  "user-root": [...enough, "--user", "root"],
  "mirror-explain-redacted": [
    ...enough,
    "--redact",
    "standard",
    "--redact-rule",
    "json:$.user.name=mask",
    "--redact-detect",
    "us_ssn",
    "--allow-target",
    "*.svc.cluster.local",
    "--ttl",
    "none",
    "--explain",
  ],
  "run-redact": ["run", "-c", "valid.yaml", "--redact", "off"],
  "run-ttl-invalid": ["run", "-c", "valid.yaml", "--ttl", "soon"],
  "plan-file-and-redact": ["plan", "-c", "valid.yaml", "--redact", "off"],
  "config-redaction-invalid": ["config", "validate", "redaction-invalid.yaml"],
  "config-redaction-explain": ["config", "explain", "redaction.yaml"],
  "config-redaction-view": [
    "config",
    "view",
    "redaction.yaml",
    "--origin",
    "--user",
    "www-data",
    "--redact-key",
    "/etc/shadowtap/key",
  ],
};

describe("command line", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  before(() => {
    shell = buildShell();
    plantAgents(shell.root);
    writeFileSync(join(shell.root, "valid.yaml"), VALID);
    writeFileSync(join(shell.root, "redaction.yaml"), REDACTING);
    writeFileSync(
      join(shell.root, "redaction-invalid.yaml"),
      REDACTING.replace("/users/", "users/").replace("90m", "90").replace("strict", "all"),
    );
    writeFileSync(
      join(shell.root, "invalid.yaml"),
      VALID.replace("80", "http").replace("to:", "too:"),
    );
  });
  after(() => shell.dispose());

  function transcript(argv: readonly string[], { stdout, stderr, exitCode }: Ran): string {
    const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`));
    const stack = /^ {4}at .*\n/gm;
    return [
      `$ ${["shadowtap", ...words].join(" ")}`,
      `exit code ${exitCode}`,
      `--- stdout\n${stdout}`,
      `--- stderr\n${stderr.replace(stack, "")}`,
    ].join("\n");
  }

  for (const [name, argv] of Object.entries(cases))
    test(name, async () => {
      const actual = transcript(argv, await shell.run(argv));
      const file = join(GOLDEN, `${name}.txt`);
      if (UPDATE) writeFileSync(file, actual);
      assert.equal(actual, readFileSync(file, "utf8"));
    });

  test("--version", async () => {
    const { stdout, exitCode } = await shell.run(["--version"]);
    assert.match(stdout, /^shadowtap\/\d+\.\d+\.\d+ /);
    assert.equal(exitCode, 0);
  });

  for (const topic of ["exit-codes", "errors", "ledger", "output", "rules"])
    test(`help ${topic} prints the page`, async () => {
      const { stdout } = await shell.run(["help", topic]);
      assert.equal(stdout, readFileSync(join(shell.root, `docs/${topic}.md`), "utf8"));
    });

  test("help COMMAND is COMMAND --help", async () => {
    const [asked, spelled] = await Promise.all([
      shell.run(["help", "mirror"]),
      shell.run(["mirror", "-h"]),
    ]);
    assert.deepEqual(asked, spelled);
  });

  test("the flags reach the agent, parsed", async () => {
    const { stdout, exitCode } = await shell.run([...enough, "--percent", "12.5"]);
    const { command, config } = JSON.parse(stdout);
    assert.equal(exitCode, 0);
    assert.equal(command, "mirror");
    assert.equal(config.rules[0].share, 0.125);
    assert.deepEqual(config.rules[0].from.ports, [{ first: 8080, last: 8080 }]);
  });

  test("a rules file reaches the agent, flags and environment before it", async () => {
    const { stdout } = await shell.run(["run", "-c", "valid.yaml", "--hook", "tc", "--no-watch"], {
      env: { SHADOWTAP_WORKERS: "3", SHADOWTAP_HOOK: "cgroup", SHADOWTAP_PORT: "1" },
    });
    const { command, config, configFile, watchConfig } = JSON.parse(stdout);
    assert.deepEqual([command, configFile, watchConfig], ["run", "valid.yaml", false]);
    assert.deepEqual([config.capture.hook, config.capture.workers], ["tc", 3]);
    assert.deepEqual(config.rules[0].from.users, ["www-data"]);
  });

  test("the file and --no-watch can come from the environment", async () => {
    const { stdout } = await shell.run(["run"], {
      env: { SHADOWTAP_CONFIG: "valid.yaml", SHADOWTAP_WATCH: "false" },
    });
    assert.equal(JSON.parse(stdout).watchConfig, false);
  });

  test("plan takes flags or a file", async () => {
    const [flags, file] = await Promise.all([
      shell.run(["plan", "--port", "80", "--fraction", "1/1000", "--top", "5"]),
      shell.run(["plan", "-c", "valid.yaml", "-o", "json", "--duration", "1m"]),
    ]);
    const fromFlags = JSON.parse(flags.stdout);
    assert.equal(fromFlags.config.rules[0].share, 0.001);
    assert.deepEqual([fromFlags.top, fromFlags.durationMs, fromFlags.output], [5, 30_000, "table"]);
    const fromFile = JSON.parse(file.stdout);
    assert.equal(fromFile.config.rules[0].name, "a");
    assert.deepEqual([fromFile.durationMs, fromFile.output], [60_000, "json"]);
  });

  test("config view says which environment variable a value comes from", async () => {
    const { stdout } = await shell.run(["config", "view", "valid.yaml", "--origin"], {
      env: { SHADOWTAP_MAX_CPU: "20%" },
    });
    assert.match(stdout, /^ {2}maxCpu: 20 # SHADOWTAP_MAX_CPU$/m);
  });

  test("config schema prints the schema in docs", async () => {
    const { stdout } = await shell.run(["config", "schema"]);
    const committed = readFileSync(join(shell.root, "docs/config.schema.json"), "utf8");
    assert.deepEqual(JSON.parse(stdout), JSON.parse(committed));
  });

  test("every flag can come from the environment, and the command line wins", async () => {
    const env = {
      SHADOWTAP_PORT: "8080 8082",
      SHADOWTAP_TO: "http://a http://b",
      SHADOWTAP_SET_HEADER: "A: 1 2\nB: 3",
      SHADOWTAP_INSECURE: "true",
      SHADOWTAP_PERCENT: "5",
      SHADOWTAP_TIMEOUT: "2s",
      SHADOWTAP_OUTPUT: "none",
    };
    const { stdout } = await shell.run(["mirror", "--percent", "7"], { env });
    const { config, output } = JSON.parse(stdout);
    const [{ from, share, targets }] = config.rules;
    assert.deepEqual(from.ports, [
      { first: 8080, last: 8080 },
      { first: 8082, last: 8082 },
    ]);
    assert.deepEqual(
      targets.map(({ name }: { name: string }) => name),
      ["http://a", "http://b"],
    );
    const [{ options }] = targets;
    assert.deepEqual(options.setHeaders, [
      ["A", "1 2"],
      ["B", "3"],
    ]);
    assert.equal(options.insecure, true);
    assert.equal(share, 0.07);
    assert.equal(options.timeoutMs, 2000);
    assert.equal(output, "none");
  });

  test("redaction and guard reach the agent, flags before the environment", async () => {
    const env = {
      SHADOWTAP_REDACT: "strict",
      SHADOWTAP_REDACT_RULE: "header:x-user=mask\nquery:a b=hash",
      SHADOWTAP_REDACT_KEY: "/key",
      SHADOWTAP_ALLOW_TARGET: "10.0.0.0/8 *.internal",
      SHADOWTAP_TTL: "1h",
      SHADOWTAP_STOP_FILE: "/run/stop",
      SHADOWTAP_USER: "www-data",
    };
    const { stdout } = await shell.run([...enough, "--redact", "headers", "--ttl", "2h"], { env });
    const { config } = JSON.parse(stdout);
    const [{ redact, choseRedaction }] = config.rules;
    assert.equal(choseRedaction, true);
    assert.equal(redact.preset, "headers");
    assert.deepEqual(redact.rules, [
      { subject: { kind: "header", name: "x-user" }, action: { kind: "mask" } },
      { subject: { kind: "query", name: "a b" }, action: { kind: "hash" } },
    ]);
    assert.equal(config.redactionKeyFile, "/key");
    const { allowTargets, ttlMs, stopFile, user } = config.guard;
    assert.deepEqual([ttlMs, stopFile, user], [7_200_000, "/run/stop", "www-data"]);
    assert.deepEqual(
      allowTargets.map(({ kind }: { kind: string }) => kind),
      ["network", "domain"],
    );
  });

  test("a Node that is too old is told so, with exit code 69", async () => {
    const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.9" } })`;
    const { stdout, stderr, exitCode } = await shell.run(["--help"], {
      nodeFlags: ["--import", `data:text/javascript,${encodeURIComponent(older)}`],
    });
    assert.equal(stdout, "");
    assert.match(stderr, /^Error: shadowtap needs Node\.js 22\.19 or later; this is 22\.18\.9\.\n/);
    assert.match(stderr, /Code: ST_NODE_TOO_OLD\n/);
    assert.equal(exitCode, 69);
  });
});
