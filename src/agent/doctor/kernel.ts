import { release } from "node:os";
import { hasRingBuffers } from "../../kernel/probe.ts";
import type { Check } from "../../model/diagnosis.ts";
import { effectiveCapabilities, missingCapabilities, neededCapabilities } from "../capabilities.ts";
import { readLimit } from "./limits.ts";

const CATEGORY = "kernel";
/** What the rings and the flow table take, counted against RLIMIT_MEMLOCK before Linux 5.11. */
const LOCKED_BYTES = 64 * 1024 * 1024;

export function checkKernel(): Check[] {
  return [
    { category: CATEGORY, name: "release", result: "ok", detail: `Linux ${release()}` },
    checkCapabilities(),
    ...leastPrivileges(),
    checkRingBuffers(),
    checkLockedMemory(),
  ];
}

function checkCapabilities(): Check {
  const missing = missingCapabilities(effectiveCapabilities());
  const base = { category: CATEGORY, name: "capabilities" };
  return missing.length === 0
    ? { ...base, result: "ok", detail: "CAP_BPF and CAP_NET_ADMIN are there." }
    : {
        ...base,
        result: "error",
        permission: true,
        detail: `${missing.join(" and ")} missing.`,
        hint: "Run as root, or grant CAP_BPF and CAP_NET_ADMIN.",
      };
}

/** What a service manager or a container should give, and no more. */
function leastPrivileges(): Check[] {
  const least = (["cgroup", "tc", "socket"] as const).map(
    (hook) => [`least for ${hook}`, `${neededCapabilities(hook).join(" and ")}.`] as const,
  );
  const more = [
    "CAP_PERFMON to decide conditions on requests in the kernel, and for tc and socket at all on Linux 5.10 and 6.1",
    "CAP_SYS_ADMIN to enter other network namespaces",
    "CAP_SETUID and CAP_SETGID for root to read payload as another user",
  ];
  return [...least, ["besides", `${more.join("; ")}.`] as const].map(([name, detail]) => ({
    category: CATEGORY,
    name,
    result: "ok",
    detail,
  }));
}

function checkRingBuffers(): Check {
  const base = { category: CATEGORY, name: "BPF ring buffer" };
  if (missingCapabilities(effectiveCapabilities()).length > 0)
    return { ...base, result: "unknown", detail: "Needs the capabilities above." };
  let found: boolean;
  try {
    found = hasRingBuffers();
  } catch {
    return { ...base, result: "unknown", detail: "Needs libbpf to be asked." };
  }
  return found
    ? { ...base, result: "ok", detail: "The kernel has it." }
    : {
        ...base,
        result: "error",
        detail: "The kernel has none.",
        hint: "Use Linux 5.10 or later.",
      };
}

function checkLockedMemory(): Check {
  const limit = readLimit("Max locked memory");
  const base = { category: CATEGORY, name: "locked memory" };
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const isCounted = major < 5 || (major === 5 && minor < 11);
  if (!isCounted || limit >= LOCKED_BYTES)
    return { ...base, result: "ok", detail: isCounted ? "Enough." : "Not limited for BPF here." };
  return {
    ...base,
    result: "warning",
    detail: `Limited to ${limit} bytes.`,
    hint: "Raise it: `ulimit -l unlimited`, or LimitMEMLOCK=infinity in the unit.",
  };
}
