const LEFT_OUT = "[left out]";
/** `--set-header NAME: VALUE`, in one word or two; everything behind the name is left out. */
const HEADER_FLAGS = ["--set-header", "--header"];
const URL_SHAPE = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^?#]*)(.*)$/i;

/** The words of a command line without what may be a secret: values of headers, and of URLs the credentials and the query. */
export function publicCommandLine(words: readonly string[]): string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? "";
    if (HEADER_FLAGS.includes(before)) return publicHeader(word);
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (flag === undefined || value === undefined) return publicUrl(word);
    return `${flag}=${HEADER_FLAGS.includes(flag) ? publicHeader(value) : publicUrl(value)}`;
  });
}

function publicHeader(field: string): string {
  const colon = field.indexOf(":");
  return colon < 0 ? field : `${field.slice(0, colon)}: ${LEFT_OUT}`;
}

function publicUrl(text: string): string {
  const [, scheme, credentials, place, rest] = URL_SHAPE.exec(text) ?? [];
  if (scheme === undefined) return text;
  return `${scheme}${credentials === undefined ? "" : `${LEFT_OUT}@`}${place}${rest ? LEFT_OUT : ""}`;
}
