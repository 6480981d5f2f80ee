import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";

/** What every question is answered with. */
export type NameAnswer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failure" | "no_such_name" | "silent" };

export interface NameServer {
  /** From the next question on. */
  answer(answer: NameAnswer): void;
  /** How many questions have met this kind of answer. */
  asked(kind: NameAnswer["kind"]): number;
  /** A command that makes a program ask this server, and no other. */
  readonly through: readonly string[];
}

/** A name server on the loopback of the live machine. */
export async function startNameServer(lab: Lab, first: NameAnswer): Promise<NameServer> {
  const id = lab.next();
  const file = join(lab.dir, `names-${id}.json`);
  const answer = (now: NameAnswer) => {
    writeFileSync(`${file}.new`, JSON.stringify(now));
    renameSync(`${file}.new`, file);
  };
  answer(first);
  const resolver = join(lab.dir, `resolv-${id}.conf`);
  const sources = join(lab.dir, `nsswitch-${id}.conf`);
  writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:3 attempts:2\n");
  writeFileSync(sources, "passwd: files\ngroup: files\nhosts: dns\n");
  const script = join(import.meta.dirname, "name-server-child.ts");
  const flags = ["--disable-warning=ExperimentalWarning", script, file];
  const program = lab.live.start(process.execPath, flags, { ipc: true });
  const questions: NameAnswer["kind"][] = [];
  program.child.on("message", ({ question }: { question?: NameAnswer["kind"] }) => {
    if (question !== undefined) questions.push(question);
  });
  const ended = program.exited.then(() => {
    throw new Error(`the name server ended: ${program.stderr()}`);
  });
  await Promise.race([once(program.child, "message"), ended]);
  const mounts = [
    `mount --bind ${resolver} /etc/resolv.conf`,
    `mount --bind ${sources} /etc/nsswitch.conf`,
    'exec "$@"',
  ];
  const asked = (kind: NameAnswer["kind"]) => questions.filter((one) => one === kind).length;
  return { answer, asked, through: ["unshare", "--mount", "sh", "-c", mounts.join(" && "), "sh"] };
}
