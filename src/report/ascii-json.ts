/** A value as one line of JSON in pure ASCII, so that no terminal can be steered through it. Ends with a line feed. */
export function asciiJson(value: object): string {
  const text = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${text}\n`;
}
