import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroup2Mount } from "../../src/capture/scope.ts";
import { until } from "./wait.ts";

const PREFIX = "stlab-cgroup-";

/** A part of the cgroup2 tree of its own. */
export interface Cgroups extends AsyncDisposable {
  readonly root: string;
  /** Makes a cgroup below the root, and those above it; returns its directory. */
  make(path: string): string;
}

/** A cgroup and all below it, the innermost first. */
function depthFirst(directory: string): string[] {
  const below = readdirSync(directory, { withFileTypes: true }).filter((one) => one.isDirectory());
  return [...below.flatMap(({ name }) => depthFirst(join(directory, name))), directory];
}

/** Ends whatever is in it and removes it; false while what was ended is still on its way out. */
function remove(directory: string): boolean {
  if (!existsSync(directory)) return true;
  writeFileSync(join(directory, "cgroup.kill"), "1");
  try {
    for (const one of depthFirst(directory)) rmdirSync(one);
    return true;
  } catch {
    return false;
  }
}

/** Makes a part of the tree. Dispose of it in `after`: what runs in it is ended, and it is removed. */
export function createCgroups(): Cgroups {
  const mount = cgroup2Mount();
  if (mount === undefined) throw new Error("this needs a cgroup2 file system");
  for (const name of readdirSync(mount))
    if (name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length).split("-")[0]}`))
      remove(join(mount, name));
  const root = join(mount, `${PREFIX}${process.pid}-${performance.now().toFixed(0)}`);
  mkdirSync(root);
  return {
    root,
    make(path) {
      const directory = join(root, path);
      mkdirSync(directory, { recursive: true });
      return directory;
    },
    async [Symbol.asyncDispose]() {
      await until(
        () => remove(root),
        5_000,
        () => `${root} is still in use`,
      );
    },
  };
}
