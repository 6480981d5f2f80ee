import { execFileSync, spawn } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { buildInitramfs } from "./boot-image.ts";
import type { Kernel } from "./kernel-package.ts";

/** What to boot, and what to do there. */
export interface Boot {
  readonly kernel: Kernel;
  readonly command: readonly string[];
  /** Where the command starts: a folder of this machine's, as the guest sees all of them. */
  readonly workingDirectory: string;
  readonly memoryMiB: number;
  readonly limitSeconds: number;
  /** Folder for what is kept between boots. */
  readonly cache: string;
  /** Gets the command's output as it comes. */
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
}

/** The machine did not come up, or did not end in time; the message has the last words of its console. */
export class MachineFailed extends Error {}

/** The machine was ended because we were: nothing that comes after it should begin. */
export class Interrupted extends Error {}

type Accelerator = "kvm" | "tcg";

/** Boots the kernel over this machine's files, none of which it can change; returns the command's exit code. */
export async function bootAndRun(boot: Boot): Promise<number> {
  return bootWith(await chooseAccelerator(boot), boot);
}

/** Whether KVM works is known only by trying: where it is nested it may be there, and hang. */
async function chooseAccelerator(boot: Boot): Promise<Accelerator> {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return "tcg";
  }
  const known = join(boot.cache, `accelerator-${release()}`);
  if (existsSync(known)) return readFileSync(known, "latin1") === "kvm" ? "kvm" : "tcg";
  let found: Accelerator = "tcg";
  try {
    const trial = { ...boot, command: ["true"], limitSeconds: 15 };
    if ((await bootWith("kvm", trial)) === 0) found = "kvm";
  } catch (error) {
    if (!(error instanceof MachineFailed)) throw error;
  }
  writeFileSync(known, found);
  return found;
}

async function bootWith(accelerator: Accelerator, boot: Boot): Promise<number> {
  mkdirSync(boot.cache, { recursive: true });
  const share = mkdtempSync(join(boot.cache, "share-"));
  const streams = (["stdout", "stderr"] as const).map((name) =>
    follow(join(share, name), (bytes) => boot.onOutput(name, bytes)),
  );
  try {
    writeFileSync(join(share, "run"), guestScript(boot));
    const initramfs = buildInitramfs(boot.kernel);
    const ending = await runQemu(qemuArguments(accelerator, boot, share, initramfs), boot);
    for (const stream of streams) stream.flush();
    const status = join(share, "status");
    if (existsSync(status)) return Number(readFileSync(status, "latin1"));
    throw new MachineFailed(
      `The machine with Linux ${boot.kernel.release} ${ending}. Its console:\n${lastLines(join(share, "console"), 15)}`,
    );
  } finally {
    for (const stream of streams) stream.close();
    rmSync(share, { recursive: true, force: true });
  }
}

/** Runs in the guest once there is a root: leaves output and exit code on the share, and switches off. */
export function guestScript(boot: Pick<Boot, "command" | "workingDirectory">): string {
  return `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
ip link set lo up
cd ${quoted(boot.workingDirectory)}
${boot.command.map(quoted).join(" ")} </dev/null >>/run/share/stdout 2>>/run/share/stderr
echo $? >/run/share/status
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function qemuArguments(
  accelerator: Accelerator,
  { kernel, memoryMiB, workingDirectory }: Boot,
  share: string,
  initramfs: string,
): string[] {
  const folder = (tag: string, path: string, more: string) => [
    "-fsdev",
    `local,id=${tag},path=${path},security_model=none,multidevs=remap${more}`,
    "-device",
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
  ];
  return [
    ...(accelerator === "kvm"
      ? ["-accel", "kvm", "-cpu", "host"]
      : // One thread for all processors: with several, qemu 7.2 now and then runs code that is being patched.
        ["-accel", "tcg,thread=single", "-cpu", "max"]),
    ...["-smp", "2", "-m", String(memoryMiB)],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-nic", "none"],
    ...["-serial", `file:${join(share, "console")}`],
    ...folder("host", "/", ",readonly=on"),
    ...folder("share", share, ""),
    ...["-kernel", kernel.image, "-initrd", initramfs],
    "-append",
    `console=ttyS0 loglevel=4 panic=-1 mitigations=off shadowtap.modules=${kernel.modules} shadowtap.directory=${workingDirectory}`,
  ];
}

/** Resolves with how it ended, as the rest of a sentence. */
function runQemu(options: readonly string[], boot: Boot): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("nice", ["-n", "5", "qemu-system-x86_64", ...options], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    let late = false;
    let interrupted = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, boot.limitSeconds * 1000);
    const interrupt = (): void => {
      interrupted = true;
      child.kill("SIGKILL");
    };
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      if (interrupted) reject(new Interrupted());
      resolve(
        late
          ? `was not done after ${boot.limitSeconds} s`
          : `ended without a result (qemu: ${code}${said === "" ? "" : `, ${said.trim()}`})`,
      );
    });
  });
}

/** Hands over what is appended to a file, as it comes. */
function follow(path: string, onBytes: (bytes: Uint8Array) => void) {
  writeFileSync(path, "");
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(1 << 16);
  const flush = (): void => {
    for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer))
      onBytes(Uint8Array.from(buffer.subarray(0, bytes)));
  };
  const watcher = watch(path, flush);
  return {
    flush,
    close() {
      watcher.close();
      closeSync(fd);
    },
  };
}

function lastLines(path: string, count: number): string {
  if (!existsSync(path)) return "(nothing)";
  return execFileSync("tail", ["-n", String(count), path], { encoding: "utf8" });
}
