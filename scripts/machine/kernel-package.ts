import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { SUITES } from "./options.ts";

/** A kernel package, unpacked. */
export interface Kernel {
  /** What it was asked for by, such as `6.12`. */
  readonly name: string;
  /** As `uname -r` will say. */
  readonly release: string;
  readonly directory: string;
  readonly image: string;
  readonly modules: string;
}

/** The package cannot be had: no network, or the mirror has it no more. */
export class KernelUnavailable extends Error {}

/** Gets and unpacks a kernel once; later calls find it in `cache`. */
export function provideKernel(name: string, cache: string): Kernel {
  const suite = SUITES[name];
  const file = suite === undefined ? resolve(name) : undefined;
  const directory = join(cache, "kernels", file === undefined ? name : fingerprint(file));
  const ready = join(directory, "ready");
  if (!existsSync(ready)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    unpack(file === undefined ? download(suite ?? "", directory, cache) : [file], directory);
    writeFileSync(ready, "");
  }
  const release = readdirSync(join(directory, "lib/modules"))[0];
  if (release === undefined) throw new Error(`${directory} has no modules`);
  return {
    name,
    release,
    directory,
    image: join(directory, "vmlinuz"),
    modules: join(directory, "lib/modules", release),
  };
}

function fingerprint(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return createHash("sha256").update(`${file} ${size} ${mtimeMs}`).digest("hex").slice(0, 16);
}

/** Downloads the suite's newest kernel with the machine's own mirror and keys, past its list of packages. */
function download(suite: string, directory: string, cache: string): string[] {
  const apt = join(cache, "apt", suite);
  for (const name of ["lists/partial", "cache/archives/partial", "parts"])
    mkdirSync(join(apt, name), { recursive: true });
  const source = join(apt, "sources.list");
  // Debian's keyring has the keys of suites before and after the machine's own.
  writeFileSync(
    source,
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${debianMirror()} ${suite} main\n`,
  );
  const options = [
    `Dir::Etc::SourceList=${source}`,
    `Dir::Etc::SourceParts=${join(apt, "parts")}`,
    `Dir::State::Lists=${join(apt, "lists")}`,
    `Dir::Cache=${join(apt, "cache")}`,
    "Acquire::Languages=none",
    "Acquire::Retries=2",
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  try {
    execFileSync("apt-get", [...options, "update", "--error-on=any"], { stdio: "pipe" });
    const dependsOf = (name: string) =>
      execFileSync("apt-cache", [...options, "depends", name], { encoding: "utf8" });
    const packageName = /Depends: (linux-image-\S+)/.exec(dependsOf("linux-image-amd64"))?.[1];
    if (packageName === undefined) throw new Error("linux-image-amd64 names no kernel");
    const parts = [packageName, ...partsOf(dependsOf(packageName))];
    execFileSync("apt-get", [...options, "download", ...parts], {
      cwd: directory,
      stdio: "pipe",
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new KernelUnavailable(`The kernel of ${suite} cannot be had: ${said.trim()}`);
  }
  return readdirSync(directory)
    .filter((name) => name.endsWith(".deb"))
    .map((name) => join(directory, name));
}

/** Packages that a newer suite's kernel is spread over, from what `apt-cache depends` says of it. */
export function partsOf(depends: string): string[] {
  const found = depends.matchAll(/^ *Depends: (linux-(?:base|binary|modules)-\d\S+)$/gm);
  return [...found].map(([, name = ""]) => name);
}

/** The mirror that this machine's own packages come from. */
function debianMirror(): string {
  const targets = execFileSync(
    "apt-get",
    ["indextargets", "--format", "$(ORIGIN) $(RELEASE) $(REPO_URI)", "Created-By: Packages"],
    { encoding: "utf8" },
  );
  const mirror = chooseMirror(targets);
  if (mirror === undefined)
    throw new KernelUnavailable("This machine's apt has no source of Debian's packages.");
  return mirror;
}

/** Of lines `ORIGIN RELEASE URI`, the URI of a suite of Debian itself: neither security nor updates. */
export function chooseMirror(targets: string): string | undefined {
  for (const line of targets.split("\n")) {
    const [, origin, release, uri] = /^(\S+) (\S+) (\S+)$/.exec(line) ?? [];
    // Without lists, apt does not know the origin and leaves its name.
    if ((origin === "Debian" || origin === "$(ORIGIN)") && /^[a-z]+$/.test(release ?? ""))
      if (/\/debian\/?$/.test(uri ?? "")) return uri;
  }
  return undefined;
}

/** Leaves `vmlinuz` and `lib/modules` in `directory`, with the index that modprobe goes by. */
function unpack(files: readonly string[], directory: string): void {
  const tree = join(directory, "tree");
  for (const file of files) execFileSync("dpkg-deb", ["--extract", file, tree]);
  const names = files.map((file) => basename(file)).join(", ");
  const modules = ["usr/lib/modules", "lib/modules"]
    .flatMap((path) => list(join(tree, path)))
    .find((path) => existsSync(join(path, "kernel")));
  if (modules === undefined) throw new Error(`there are no modules in ${names}`);
  const release = basename(modules);
  const image = [join(tree, "boot", `vmlinuz-${release}`), join(modules, "vmlinuz")].find((path) =>
    existsSync(path),
  );
  if (image === undefined) throw new Error(`there is no kernel in ${names}`);
  renameSync(image, join(directory, "vmlinuz"));
  mkdirSync(join(directory, "lib/modules"), { recursive: true });
  renameSync(modules, join(directory, "lib/modules", release));
  rmSync(tree, { recursive: true });
  execFileSync("depmod", ["--basedir", directory, release], { stdio: "pipe" });
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}

/** Bytes of a module, whichever way it is packed. */
export function readModule(path: string): Buffer {
  const options = { maxBuffer: 64 << 20 };
  if (path.endsWith(".xz")) return execFileSync("xz", ["-dc", path], options);
  if (path.endsWith(".zst")) return execFileSync("zstd", ["-qdc", path], options);
  return readFileSync(path);
}
