/** IPv4 addresses and prefixes as numbers. */

export interface Prefix {
  readonly text: string;
  readonly first: number;
  readonly last: number;
  readonly length: number;
}

/** The number of an address; undefined for another text. */
export function addressOf(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** A prefix, also one with host bits; undefined for another text. */
export function prefixOf(text: string): Prefix | undefined {
  const [, ip = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/u.exec(text) ?? [];
  const address = addressOf(ip);
  const length = Number(bits);
  if (address === undefined || bits === '' || length > 32) return undefined;
  const size = 2 ** (32 - length);
  const first = Math.floor(address / size) * size;
  return { text, first, last: first + size - 1, length };
}

export function overlap(a: Prefix, b: Prefix): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Prefix, inner: Prefix): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function holds({ first, last }: Prefix, address: number | undefined): boolean {
  return address !== undefined && first <= address && address <= last;
}

/** The first two prefixes of a list that overlap. */
export function overlapping(prefixes: readonly Prefix[]): readonly [Prefix, Prefix] | undefined {
  const sorted = prefixes.toSorted((a, b) => a.first - b.first || a.length - b.length);
  const at = sorted.findIndex((one, i) => i > 0 && overlap(sorted[i - 1] ?? one, one));
  const [a, b] = [sorted[at - 1], sorted[at]];
  return a === undefined || b === undefined ? undefined : [a, b];
}
