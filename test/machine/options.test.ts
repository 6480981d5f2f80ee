import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseVm, UsageError } from "../../scripts/machine/options.ts";

describe("the command line of scripts/vm", () => {
  test("run takes a kernel and the words of a command as they are", () => {
    assert.deepEqual(parseVm(["run", "--kernel", "6.1", "--", "ls", "-l", "--kernel"]), {
      kind: "run",
      kernel: "6.1",
      memoryMiB: 3072,
      limitSeconds: 600,
      command: ["ls", "-l", "--kernel"],
    });
  });

  test("run takes a package, memory and time", () => {
    const words = ["run", "--kernel", "/a/b.deb", "--memory", "512", "--time", "9", "--", "true"];
    assert.deepEqual(parseVm(words), {
      kind: "run",
      kernel: "/a/b.deb",
      memoryMiB: 512,
      limitSeconds: 9,
      command: ["true"],
    });
  });

  test("matrix is all kernels and the host unless told", () => {
    const kernels = ["5.10", "6.1", "6.12", "sid", "host"];
    const whole = parseVm(["matrix"]);
    assert.ok(whole.kind === "matrix");
    assert.deepEqual([...whole.kernels].sort(), kernels.sort());
    assert.deepEqual(parseVm(["matrix", "--quick", "6.12", "host"]), {
      kind: "matrix",
      kernels: ["6.12", "host"],
      quick: true,
    });
  });

  for (const [title, words] of [
    ["nothing", []],
    ["an unknown command", ["boot"]],
    ["no kernel", ["run", "--", "true"]],
    ["an unknown kernel", ["run", "--kernel", "4.19", "--", "true"]],
    ["no command", ["run", "--kernel", "6.1"]],
    ["an unknown flag", ["run", "--kernel", "6.1", "--fast", "--", "true"]],
    ["memory that is no number", ["run", "--kernel", "6.1", "--memory", "1G", "--", "true"]],
    ["the host in run", ["run", "--kernel", "host", "--", "true"]],
  ] as const)
    test(`refuses ${title}`, () => {
      assert.throws(() => parseVm(words), UsageError);
    });
});
