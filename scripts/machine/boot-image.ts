import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Kernel, readModule } from "./kernel-package.ts";

/** What Debian's kernels have as modules and is needed before there is a root. */
const EARLY_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/** Packs the initramfs: busybox, the first process, the early modules. Returns its path. */
export function buildInitramfs(kernel: Kernel): string {
  const tree = join(kernel.directory, "initramfs");
  rmSync(tree, { recursive: true, force: true });
  for (const name of ["bin", "proc", "dev", "modules"])
    mkdirSync(join(tree, name), { recursive: true });
  copyFileSync("/usr/bin/busybox", join(tree, "bin/busybox"));
  symlinkSync("busybox", join(tree, "bin/sh"));
  copyFileSync(join(import.meta.dirname, "guest-init"), join(tree, "init"));
  chmodSync(join(tree, "init"), 0o755);

  const names = modulesInOrder(kernel).map((path) => {
    const name = `modules/${basename(path).replace(/\.(xz|zst)$/, "")}`;
    writeFileSync(join(tree, name), readModule(path));
    return `/${name}\n`;
  });
  writeFileSync(join(tree, "modules.list"), names.join(""));
  const archive = execFileSync("sh", ["-c", "find . | cpio --create --format=newc --quiet"], {
    cwd: tree,
    maxBuffer: 64 << 20,
  });
  const path = join(kernel.directory, "initramfs.cpio");
  writeFileSync(path, archive);
  rmSync(tree, { recursive: true });
  return path;
}

/** The early modules and what they need, each after what it needs itself. */
function modulesInOrder(kernel: Kernel): string[] {
  const plan = execFileSync(
    "modprobe",
    ["-d", kernel.directory, "-S", kernel.release, "--show-depends", "-a", ...EARLY_MODULES],
    { encoding: "utf8" },
  );
  return [...new Set([...plan.matchAll(/^insmod (\S+)/gm)].map(([, path = ""]) => path))];
}
