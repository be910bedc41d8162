/** PEM (RFC 7468): the blocks of a text, in a time that its length bounds. */

export interface Block {
  /** `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** With its first and last line. */
  readonly text: string;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';
const LONGEST_LABEL = 64;

/** Blocks that are whole, in their order; what stands between them is skipped. */
export function* blocksOf(text: string): Generator<Block, void> {
  /** Labels without an end behind the last place that was looked at. */
  const endless = new Set<string>();
  for (let at = text.indexOf(BEGIN); at !== -1; at = text.indexOf(BEGIN, at)) {
    const from = at + BEGIN.length;
    const close = text.slice(from, from + LONGEST_LABEL + DASHES.length).indexOf(DASHES);
    const label = close === -1 ? undefined : text.slice(from, from + close);
    const last = label === undefined ? '' : `${DASHES}END ${label}${DASHES}`;
    const end = label === undefined || endless.has(label) ? -1 : text.indexOf(last, from + close);
    if (label === undefined || end === -1) {
      if (label !== undefined) endless.add(label);
      at = from;
      continue;
    }
    yield { label, text: text.slice(at, end + last.length) };
    at = end + last.length;
  }
}
