import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { objectPath } from "../../src/capture/capture.ts";
import { createMap, indexKey, MapType, updateMap } from "../../src/kernel/map.ts";
import { isSameNamespace, namespaceCookie } from "../../src/kernel/network-namespace.ts";
import { openObject } from "../../src/kernel/object.ts";
import {
  cgroupProgramsKnowNamespace,
  hasRingBuffers,
  libbpfVersion,
} from "../../src/kernel/probe.ts";
import { ShadowtapError } from "../../src/model/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-loader-"));
after(() => rmSync(directory, { recursive: true }));

/** What of this process's descriptors is BPF's. */
function descriptorsOfBpf(): string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // The listing's own.
      }
    })
    .filter((target) => /bpf|btf/.test(target));
}

/** Compiles a program for this test only. */
function compile(name: string, source: string): string {
  const file = join(directory, `${name}.bpf.c`);
  const object = join(directory, `${name}.bpf.o`);
  writeFileSync(file, source);
  const include = execFileSync("gcc", ["-print-multiarch"], { encoding: "utf8" }).trim();
  execFileSync("clang", [
    "-target",
    "bpf",
    "-mcpu=v3",
    "-O2",
    "-g",
    `-I/usr/include/${include}`,
    "-c",
    file,
    "-o",
    object,
  ]);
  return object;
}

const PROLOGUE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
`;

test("libbpf is found and the kernel can be asked", () => {
  assert.match(libbpfVersion(), /^\d+\.\d+$/);
  assert.equal(hasRingBuffers(), true);
  // Linux 5.14 tells a namespace's cookie to processes, 6.15 to cgroup programs.
  const cookie = typeof namespaceCookie();
  assert.ok(cookie === "bigint" || (cookie === "undefined" && !cgroupProgramsKnowNamespace()));
  assert.equal(isSameNamespace("/proc/self/ns/net"), true);
});

test("a missing object names the file and how to build it", () => {
  assert.throws(
    () => openObject(join(directory, "none.bpf.o")),
    (error) =>
      error instanceof ShadowtapError &&
      error.code === "ST_PROGRAM_MISSING" &&
      /none\.bpf\.o.*ENOENT/.test(error.message),
  );
});

test("a refused load carries the verifier's words", async () => {
  const path = compile(
    "refused",
    `${PROLOGUE}
SEC("socket") int refused(struct __sk_buff *skb)
{
	char byte[1];
	bpf_skb_load_bytes(skb, 0, byte, 64);
	return byte[0];
}`,
  );
  const object = openObject(path);
  await assert.rejects(object.load(), (error) => {
    assert.ok(error instanceof ShadowtapError);
    assert.equal(error.code, "ST_PROGRAM_REFUSED");
    assert.match(error.message, /invalid .*stack/);
    return true;
  });
  object[Symbol.dispose]();
});

test("constants are written before the load, and programs can be left out", async () => {
  const path = compile(
    "constants",
    `${PROLOGUE}
const volatile __u32 limit = 1;
SEC("socket") int kept(struct __sk_buff *skb) { return limit; }
SEC("socket") int left_out(struct __sk_buff *skb) { return limit + 1; }`,
  );
  const object = openObject(path);
  const rodata = object.initialValue(".rodata");
  assert.equal(new DataView(rodata.buffer, rodata.byteOffset).getUint32(0, true), 1);
  rodata[0] = 7;
  object.leaveOut("left_out");
  await object.load();
  assert.ok(object.programFd("kept") > 2);
  assert.ok(object.programFd("left_out") < 0);
  object[Symbol.dispose]();
  object[Symbol.dispose]();
});

test("the event loop goes on while the kernel loads", async () => {
  const object = openObject(objectPath("cgroup", false));
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await object.load();
  clearInterval(timer);
  object[Symbol.dispose]();
  assert.ok(turns >= 3, `${turns} turns`);
});

test("an object disposed of while it loads is closed once the load has ended", async () => {
  const object = openObject(objectPath("cgroup", false));
  const loaded = object.load();
  object[Symbol.dispose]();
  await loaded;
  assert.deepEqual(descriptorsOfBpf(), []);
});

test("map operations fail with the errno's name", () => {
  assert.throws(() => createMap(MapType.ringbuf, "odd", 0, 0, 1000), /odd failed: EINVAL/);
  assert.throws(() => updateMap(-1, indexKey(0), new Uint8Array(4)), /EBADF/);
});
