import { closest } from "../../model/closest.ts";
import type { Asker, ControlAnswer, Controlled, ControlRequest } from "../../model/control.ts";
import { ShadowtapError } from "../../model/errors.ts";

/** `code` of an answer for which there is no code: an error that nobody expected. */
const UNEXPECTED = "UNEXPECTED";

/** More names than this are not listed: the hint is to be read. */
const MAX_LISTED = 20;

function requireKnown(what: "target" | "rule", name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const meant = closest(name, known);
  const more = known.length - MAX_LISTED;
  const listed = known.slice(0, MAX_LISTED).join(", ") + (more > 0 ? `, and ${more} more` : "");
  throw new ShadowtapError("ST_USAGE", `This run has no ${what} ${JSON.stringify(name)}.`, [
    ...(meant === undefined ? [] : [`Did you mean \`${meant}\`?`]),
    `Its ${what}s: ${listed}.`,
  ]);
}

function namesOf(all: readonly { readonly name: string }[]): readonly string[] {
  return all.map(({ name }) => name);
}

async function obey(
  controlled: Controlled,
  request: ControlRequest,
  by: Asker | undefined,
): Promise<ControlAnswer> {
  switch (request.kind) {
    case "status":
      return { ok: true, status: controlled.status() };
    case "pause":
    case "resume":
      requireKnown("target", request.target, namesOf(controlled.status().targets));
      return { ok: true, message: controlled.pause(request.target, request.kind === "pause", by) };
    case "set_share":
      requireKnown("rule", request.rule, namesOf(controlled.status().rules));
      return { ok: true, message: controlled.setShare(request.rule, request.share, by) };
    case "reload":
      return { ok: true, message: await controlled.reload(by) };
    case "stop":
      return { ok: true, message: controlled.stop(by) };
  }
}

/** Says no. */
export function refusal(error: unknown): ControlAnswer {
  if (error instanceof ShadowtapError) {
    const { code, message, hints } = error;
    return { ok: false, code, message, hints };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, code: UNEXPECTED, message, hints: [] };
}

/** Does what is asked and says how it went. Never rejects: the run must not end because of a question. */
export async function answerTo(
  controlled: Controlled,
  request: ControlRequest,
  by?: Asker,
): Promise<ControlAnswer> {
  try {
    return await obey(controlled, request, by);
  } catch (error) {
    return refusal(error);
  }
}
