import { decodePercent } from "../document/percent.ts";

/** The place of a segment among others that `findSegment` did not find. */
export const NO_SEGMENT = -1;

/** A template such as `/users/{id}/orders`, compiled for one of its names. */
export interface PathTemplate {
  /** Which of the segments the name stands for; NO_SEGMENT: the path is another one. */
  findSegment(segments: readonly string[]): number;
}

const VARIABLE = /^\{([A-Za-z0-9_.-]{1,64})\}$/;

/** The names in a template, in order; a string says why it is none. */
export function templateNames(template: string): readonly string[] | string {
  if (!template.startsWith("/")) return "it does not begin with /";
  const names: string[] = [];
  for (const segment of template.slice(1).split("/")) {
    const name = VARIABLE.exec(segment)?.[1];
    if (name === undefined && /[{}?#]/.test(segment))
      return "braces stand around whole segments, and neither ? nor # is part of a path";
    if (name !== undefined && names.includes(name)) return `{${name}} comes twice`;
    if (name !== undefined) names.push(name);
  }
  return names.length === 0 ? "no segment of it stands in braces" : names;
}

/**
 * Compares segments with encodings undone. Empty segments and `.` are passed over, and `..` goes back, as servers do: a path that is
 * spelled oddly must not get past a rule.
 */
export function compileTemplate(template: string, name: string): PathTemplate {
  const wanted = template.split("/").filter((segment) => segment !== "");
  const literals = wanted.map((segment) => (VARIABLE.test(segment) ? undefined : segment));
  const place = wanted.indexOf(`{${name}}`);
  return {
    findSegment(segments) {
      const walked: number[] = [];
      for (const [index, segment] of segments.entries()) {
        const decoded = decodePercent(segment, false);
        if (decoded === "" || decoded === ".") continue;
        if (decoded === "..") walked.pop();
        else walked.push(index);
      }
      if (walked.length < wanted.length) return NO_SEGMENT;
      const matches = literals.every(
        (literal, i) =>
          literal === undefined || literal === decodePercent(segments[walked[i] ?? 0] ?? "", false),
      );
      return matches ? (walked[place] ?? NO_SEGMENT) : NO_SEGMENT;
    },
  };
}
