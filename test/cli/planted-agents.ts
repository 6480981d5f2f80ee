import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Stands for the agent room: prints its options, or fails in the way that the path asks for. */
const MIRROR = `
import { ShadowtapError } from "../model/errors.js";

export async function mirror(options) {
  const path = options.config.rules[0].match.test?.value;
  if (path === "/refused")
    throw new ShadowtapError(
      "ST_PERMISSION",
      "The kernel refused to load a program.",
      ["Run as root.", "Run \`shadowtap doctor\` for details."],
      new Error("bpf(BPF_PROG_LOAD): EPERM"),
    );
  if (path === "/crashed") throw new TypeError("x is not a function");
  process.stdout.write(JSON.stringify(options));
}
`;

/** Prints its options, too. */
const PLAN = `
export async function plan(options) {
  process.stdout.write(JSON.stringify(options));
}
`;

const DOCTOR = `
const checks = [
  { category: "kernel", name: "version", result: "ok", detail: "6.1.0" },
  { category: "kernel", name: "tcx", result: "warning", detail: "not supported", hint: "clsact is used instead." },
  { category: "targets", name: "http://ready", result: "unknown", detail: "not asked" },
];
const errors = {
  permission: { category: "rights", name: "CAP_BPF", result: "error", detail: "missing", hint: "Run as root.", permission: true },
  hook: { category: "hooks", name: "cgroup", result: "error", detail: "no cgroup2 is mounted", hint: "Mount it." },
};

export async function diagnose({ targets }) {
  const error = errors[targets[0].host];
  return { checks: error === undefined ? checks : [...checks, error] };
}
`;

const LEFTOVERS = `
export async function cleanLeftovers() {
  return ["clsact program shadowtap_in at eth0", "clsact program shadowtap_out at eth0"];
}
`;

/** Replaces what commands call in a built shell, so that the shell is tested alone and without permissions. */
export function plantAgents(root: string): void {
  const agents = join(root, "dist/agent");
  mkdirSync(agents, { recursive: true });
  writeFileSync(join(agents, "mirror.js"), MIRROR);
  writeFileSync(join(agents, "plan.js"), PLAN);
  writeFileSync(join(agents, "doctor.js"), DOCTOR);
  writeFileSync(join(agents, "leftovers.js"), LEFTOVERS);
}
