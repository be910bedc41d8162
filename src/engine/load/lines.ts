/** Where the lines of a text begin, and which line and column an offset is on. */

/** Offsets of the lines' first characters. Only a newline ends a line, alone or after a carriage return. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column from 1; columns count UTF-16 code units, as editors and language servers do. */
export function placeAt(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

const LONGEST = 1_000;

/** The text of a line, counted from 1, without its end; a very long one is cut. */
export function lineText(text: string, starts: readonly number[], line: number): string {
  const start = starts[line - 1] ?? 0;
  const end = starts[line] ?? text.length + 1;
  const cut = text.slice(start, Math.min(end - 1, start + LONGEST));
  return cut.endsWith('\r') ? cut.slice(0, -1) : cut;
}

/** Offset of the first line of a run of more blank lines than `most`; -1 if there is none. One pass. */
export function blankRun(text: string, starts: readonly number[], most: number): number {
  let run = 0;
  for (let index = 0; index < starts.length; index++) {
    const start = starts[index] ?? 0;
    // What follows the last newline is no line.
    if (start === text.length) break;
    const end = (starts[index + 1] ?? text.length + 1) - 1;
    let at = start;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 9 && code !== 13) break;
      at++;
    }
    if (at < end) run = 0;
    else if (++run > most) return starts[index + 1 - run] ?? 0;
  }
  return -1;
}
