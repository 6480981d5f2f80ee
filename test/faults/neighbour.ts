import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { interfaceFacts } from "../../src/kernel/interface.ts";
import {
  type Attachment,
  AttachType,
  attachClsact,
  attachLink,
  hasTcx,
} from "../../src/kernel/link.ts";
import { withinNamespace } from "../../src/kernel/network-namespace.ts";
import { type BpfObject, openObject } from "../../src/kernel/object.ts";
import type { Lab } from "../lab/lab.ts";

/** Somebody else's tc program: it looks at every packet and passes it on. */
const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("tc")
int foreign(struct __sk_buff *skb)
{
	return -1; /* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides. */
}
char LICENSE[] SEC("license") = "GPL";
`;

const COPIES = 2;

export interface Neighbour {
  /** Attaches one of two programs to both directions of the client's cable. */
  attach(): void;
  remove(): void;
}

/** Attaches tc programs that are not ours, the way that this kernel has. */
export async function createNeighbour(lab: Lab): Promise<Neighbour> {
  const source = join(lab.dir, "foreign.bpf.c");
  const path = join(lab.dir, "foreign.bpf.o");
  writeFileSync(source, SOURCE);
  const include = execFileSync("gcc", ["-print-multiarch"], { encoding: "utf8" }).trim();
  const flags = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", `-I/usr/include/${include}`];
  execFileSync("clang", [...flags, "-c", source, "-o", path]);
  const objects: BpfObject[] = [];
  const attachments: Attachment[] = [];
  // The same program cannot be attached twice: before ours and after it.
  const programs: number[] = [];
  for (let copy = 0; copy < COPIES; copy++) {
    const object = openObject(path);
    objects.push(object);
    await object.load();
    programs.push(object.programFd("foreign"));
  }
  const within = (work: () => void) => withinNamespace(lab.live.netnsPath, work);
  return {
    attach: () =>
      within(() => {
        const facts = interfaceFacts("cable0");
        const program = programs.shift();
        if (!facts || program === undefined) throw new Error("there is nothing to attach");
        for (const side of ["ingress", "egress"] as const) {
          const type = side === "ingress" ? AttachType.tcxIngress : AttachType.tcxEgress;
          attachments.push(
            hasTcx(program)
              ? attachLink(program, facts.index, type, `foreign ${side}`)
              : attachClsact(program, facts.index, side, `foreign ${side}`),
          );
        }
      }),
    remove() {
      within(() => {
        for (const attachment of attachments) attachment[Symbol.dispose]();
      });
      for (const object of objects) object[Symbol.dispose]();
    },
  };
}
