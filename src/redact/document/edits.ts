/**
 * Replacements of stretches of one text, recorded in order and without overlap, applied at once: every byte that no edit covers stays as
 * it was. A class, as one is made for each document.
 */
export class Edits {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly replacements: string[] = [];

  get count(): number {
    return this.starts.length;
  }

  /** Puts `replacement` in the place of `start … end`. */
  replace(start: number, end: number, replacement: string): void {
    this.starts.push(start);
    this.ends.push(end);
    this.replacements.push(replacement);
  }

  /** Forgets all but the first `count`: what was edited lies in something that is removed as a whole. */
  truncate(count: number): void {
    if (this.starts.length === count) return;
    this.starts.length = count;
    this.ends.length = count;
    this.replacements.length = count;
  }

  apply(text: string): string {
    if (this.starts.length === 0) return text;
    const pieces: string[] = [];
    let from = 0;
    for (let i = 0; i < this.starts.length; i++) {
      pieces.push(text.slice(from, this.starts[i]), this.replacements[i] ?? "");
      from = this.ends[i] ?? from;
    }
    pieces.push(text.slice(from));
    return pieces.join("");
  }
}
