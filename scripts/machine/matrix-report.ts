/** What one hook's programs came to on one kernel, under every configuration that a run can give them. */
export interface HookLoads {
  readonly hook: "cgroup" | "tc" | "socket";
  /** Configurations that the kernel took. */
  readonly loaded: number;
  /** Of these, with the scan of heads. */
  readonly scanned: number;
  /** What the kernel said of the others. */
  readonly refusals: readonly string[];
}

/** What one file of the kernel tests came to. */
export interface TestRun {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  /** Of what the kernel lacks, by the tests' own word. */
  readonly skipped: number;
  /** Names of those that failed. */
  readonly failures: readonly string[];
  /** The signal that ended its process. */
  readonly crash?: string;
  /** The same of the run before, on an emulated machine. */
  readonly firstCrash?: string | undefined;
}

/** What `shadowtap doctor` found, as in its JSON. */
interface CheckLine {
  readonly name: string;
  readonly result: string;
  readonly detail: string;
}

/** Everything learnt of one kernel. */
export interface KernelReport {
  readonly release: string;
  readonly loads: readonly HookLoads[];
  readonly checks: readonly CheckLine[];
  readonly tests: readonly TestRun[];
}

/** A kernel of the matrix, with what was learnt of it or why nothing was. */
export interface MatrixRow {
  readonly kernel: string;
  readonly report?: KernelReport;
  readonly failure?: string;
}

/** Checks of doctor that tell kernels apart. */
const TELLING = ["network namespaces", "cgroup programs", "tc programs", "socket programs"];

/** Whether the kernel took everything and every test passed. */
export function isGood({ report }: MatrixRow): boolean {
  if (report === undefined) return false;
  return (
    report.loads.every(({ refusals }) => refusals.length === 0) &&
    report.tests.every(({ passed, failed }) => failed === 0 && passed > 0)
  );
}

/** The table of kernels × hooks × result. */
export function formatTable(rows: readonly MatrixRow[]): string {
  const lines = rows.map((row) =>
    row.report === undefined
      ? [row.kernel, "?", "?", "?", "?", row.failure ?? "not run"]
      : [
          row.kernel,
          row.report.release,
          ...(["cgroup", "tc", "socket"] as const).map((hook) => loadCell(row.report, hook)),
          testCell(row.report),
        ],
  );
  const header = ["Kernel", "Release", "cgroup", "tc", "socket", "Tests"];
  const table = [header, header.map(() => "---"), ...lines];
  return `${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function loadCell(report: KernelReport | undefined, hook: HookLoads["hook"]): string {
  const loads = report?.loads.find((entry) => entry.hook === hook);
  if (loads === undefined) return "not tried";
  const refused = loads.refusals.length;
  if (refused > 0) return `**refuses ${refused} of ${loads.loaded + refused}**`;
  return loads.scanned > 0 ? "loads" : "loads, without scan";
}

function testCell({ tests }: KernelReport): string {
  const passed = tests.reduce((sum, run) => sum + run.passed, 0);
  const failed = tests.reduce((sum, run) => sum + run.failed, 0);
  const skipped = tests.reduce((sum, run) => sum + run.skipped, 0);
  const crashed = tests.filter(({ firstCrash }) => firstCrash !== undefined).length;
  return [
    `${passed} passed`,
    ...(crashed > 0 ? [`${crashed} file${crashed > 1 ? "s" : ""} only when run again`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`**${failed} failed**`] : []),
  ].join(", ");
}

/** docs/kernels.md. */
export function formatPage(rows: readonly MatrixRow[]): string {
  return `# Kernels

Written by \`scripts/vm matrix\`, which boots each kernel from Debian's own package, loads every program of every hook
under every configuration that a run can give it, asks \`shadowtap doctor\`, and runs those tests of the kernel tier that
are not about speed: ${testFiles(rows).join(", ")}.

${formatTable(rows)}
"Without scan": the kernel does not take the programs that look into the heads of requests; conditions on requests are
then decided in user space alone. "Skipped": tests of what the kernel lacks. "Only when run again": without KVM the
processor is emulated, and now and then a process of it crashes; its tests are then run once more, which is told, and
nothing else is ever repeated. What a kernel has is found by asking it, never by its version.
${rows.map(formatKernel).join("")}`;
}

function testFiles(rows: readonly MatrixRow[]): string[] {
  const files = rows.flatMap(({ report }) => report?.tests.map(({ file }) => `\`${file}\``) ?? []);
  return [...new Set(files)];
}

function formatKernel({ kernel, report, failure }: MatrixRow): string {
  if (report === undefined) return `\n## ${kernel}\n\n${failure ?? "Not run."}\n`;
  const checks = report.checks
    .filter(({ name }) => TELLING.includes(name))
    .map(({ name, detail }) => `- ${name}: ${firstLine(detail)}\n`);
  const troubles = [
    ...report.loads.flatMap(({ hook, refusals }) =>
      refusals.map((text) => `- ${hook} refused: ${firstLine(text)}\n`),
    ),
    ...report.tests.flatMap(({ file, firstCrash }) =>
      firstCrash === undefined
        ? []
        : [`- ${file} was run twice: at first ${firstCrash} ended it.\n`],
    ),
    ...report.tests.flatMap(({ file, failures }) =>
      failures.map((name) => `- ${file} failed: ${name}\n`),
    ),
  ];
  return `\n## ${kernel}: Linux ${report.release}\n\n${[...checks, ...troubles].join("")}`;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
