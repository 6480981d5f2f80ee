import { hostname } from "node:os";
import type { AuditRun, AuditRunEnd } from "../../model/audit.ts";
import { bootId, startedTicks } from "./processes.ts";
import type { PlacedEntry } from "./read-trail.ts";

/** This machine, where runs may still be going on. */
export interface Machine {
  readonly name: string;
  readonly bootId: string | undefined;
  startedTicks(pid: number): number | undefined;
}

export function thisMachine(): Machine {
  return { name: hostname(), bootId: bootId(), startedTicks };
}

type Data = Readonly<Record<string, unknown>>;

/** The runs that began in these entries, in order, and how each ended. */
export function runsOf(entries: readonly PlacedEntry[], machine: Machine): AuditRun[] {
  const runs = Map.groupBy(entries, ({ run }) => run);
  return [...runs].flatMap(([run, own]) => {
    const start = own.find(({ event }) => event === "start");
    if (start === undefined) return [];
    const stop = own.find(({ event }) => event === "stop");
    const count = (event: PlacedEntry["event"]) => own.filter((one) => one.event === event).length;
    return [
      {
        run,
        startedAt: start.time,
        endedAt: stop?.time,
        end: stop === undefined ? endWithout(start.data, machine) : "stopped",
        why: stop === undefined ? undefined : causeText(part(stop.data, "why")),
        who: whoText(part(start.data, "who")),
        version: text(part(start.data, "binary"), "version"),
        changes: count("change"),
        refused: count("refused"),
      },
    ];
  });
}

/** A run that has no end was killed, unless it goes on; whether it does can be seen only where it runs. */
function endWithout(start: Data, machine: Machine): AuditRunEnd {
  const host = part(start, "host");
  if (text(host, "name") !== machine.name || machine.bootId === undefined) return "open";
  const own = part(start, "process");
  const isHere =
    text(host, "boot_id") === machine.bootId &&
    machine.startedTicks(Number(own["pid"])) === own["started_ticks"];
  return isHere ? "running" : "killed";
}

function causeText(why: Data): string {
  const kind = text(why, "kind");
  const what = kind === "signal" ? text(why, "signal") : kind === "error" ? text(why, "code") : "";
  const uid = why["uid"] === undefined ? "" : `uid ${text(why, "uid")}`;
  return [kind.replaceAll("_", " "), what, uid].filter(Boolean).join(" ");
}

function whoText(who: Data): string {
  const sudo = who["sudo_user"];
  const login = who["login_user"] ?? who["login_uid"];
  return [
    `uid ${text(who, "uid")}`,
    ...(login == null ? [] : [`login ${String(login)}`]),
    ...(sudo == null ? [] : [`sudo by ${String(sudo)}`]),
  ].join(", ");
}

/** An entry may hold anything, if somebody else wrote it. */
function part(data: Data, name: string): Data {
  const value = data[name];
  return typeof value === "object" && value !== null ? (value as Data) : {};
}

function text(data: Data, name: string): string {
  const value = data[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}
