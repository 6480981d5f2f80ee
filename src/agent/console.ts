import type { OutputKind } from "../model/output.ts";
import { createProgress, type Progress } from "../report/progress.ts";
import { detectStyle } from "../report/style.ts";

/** What the keeper writes: everything on stderr, because stdout is for results. */
export interface Console {
  readonly progress: Progress;
  /** One line. */
  say(line: string): void;
  /** Text that brings its own line ends. */
  sayRaw(text: string): void;
}

export function createConsole(output: OutputKind): Console {
  // A disk that is full, or a reader that has gone, takes no more messages: nothing to end a run for.
  process.stderr.on("error", ignore);
  const style = detectStyle(process.stderr, process.env);
  // Lines of stdout on the same terminal would be torn by a status line.
  const linesOnTerminal = output !== "none" && process.stdout.isTTY === true;
  const live = process.stderr.isTTY === true && !linesOnTerminal;
  const progress = createProgress(process.stderr, { style, live });
  const sayRaw = (text: string) => {
    progress.clear();
    process.stderr.write(text);
  };
  return { progress, sayRaw, say: (line) => sayRaw(`${line}\n`) };
}

function ignore(): void {
  // There is nowhere to say it.
}
