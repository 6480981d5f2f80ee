/** Parts of a document whose form has not been checked: what has the wrong form is passed over. */

export type Path = readonly PropertyKey[];
/** Takes one problem; the path is the value that is wrong. */
export type Report = (path: Path, found: string, expected: string) => void;
export type Mapping = Readonly<Record<string, unknown>>;

export function asMapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Mapping)
    : {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
