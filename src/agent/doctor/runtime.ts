import { libbpfVersion } from "../../kernel/probe.ts";
import type { Check } from "../../model/diagnosis.ts";
import { ShadowtapError } from "../../model/errors.ts";
import { readLimit } from "./limits.ts";

const CATEGORY = "runtime";
/** Shadow connections of all targets, and some. */
const DESCRIPTORS = 1024;

export function checkRuntime(): Check[] {
  return [checkLibbpf(), checkNode(), checkNodeFlags(), checkDescriptors()];
}

function checkLibbpf(): Check {
  const base = { category: CATEGORY, name: "libbpf" };
  try {
    return { ...base, result: "ok", detail: `libbpf.so.1, version ${libbpfVersion()}` };
  } catch (error) {
    const hint = error instanceof ShadowtapError ? error.hints[0] : undefined;
    return {
      ...base,
      result: "error",
      detail: "libbpf.so.1 cannot be loaded.",
      ...(hint === undefined ? {} : { hint }),
    };
  }
}

function checkNode(): Check {
  return { category: CATEGORY, name: "Node.js", result: "ok", detail: process.version };
}

function checkNodeFlags(): Check {
  const base = { category: CATEGORY, name: "debugger signal" };
  return process.execArgv.includes("--disable-sigusr1")
    ? { ...base, result: "ok", detail: "SIGUSR1 opens no debugger (--disable-sigusr1)." }
    : {
        ...base,
        result: "warning",
        detail: "SIGUSR1 would open a debugger in this process.",
        hint: "Start it by `scripts/shadowtap`, or give Node --disable-sigusr1.",
      };
}

function checkDescriptors(): Check {
  const limit = readLimit("Max open files");
  const base = { category: CATEGORY, name: "open files" };
  return limit >= DESCRIPTORS
    ? { ...base, result: "ok", detail: `Up to ${limit}.` }
    : {
        ...base,
        result: "warning",
        detail: `Only ${limit}: a connection to a shadow takes one.`,
        hint: "Raise it: `ulimit -n 4096`, or LimitNOFILE= in the unit.",
      };
}
