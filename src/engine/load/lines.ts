/** The line starts of a text, and the line and column of an offset. */

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

/** Offset of the first line of a run of more blank lines than `most`; -1 if there is none. One pass, nothing kept. */
export function blankRun(text: string, most: number): number {
  let run = 0;
  let first = 0;
  // The text after the last newline is not a line.
  for (let start = 0; start < text.length; ) {
    let at = start;
    let code = text.charCodeAt(at);
    while (code === 32 || code === 9 || code === 13) code = text.charCodeAt(++at);
    if (at < text.length && code !== 10) {
      run = 0;
      const end = text.indexOf('\n', at);
      if (end === -1) return -1;
      start = end + 1;
      continue;
    }
    if (run++ === 0) first = start;
    if (run > most) return first;
    start = at + 1;
  }
  return -1;
}

/** The text up to the end of the line of an offset: all that the place of something at the offset needs. */
export function upTo(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text : text.slice(0, end + 1);
}
