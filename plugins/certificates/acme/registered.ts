/** Registered domains, by which public authorities limit orders. Loads the Public Suffix List: import lazily. */

import { getDomain } from 'tldts';
import { plainAddress } from '../declared.ts';

/** The network of an IPv6 address, 64 bits; an IPv4 address itself. */
function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

/** The registered domains of DNS names, and the networks of addresses; sorted, each once. */
export function registeredDomains(names: readonly string[], addresses: readonly string[]): readonly string[] {
  const domains = names.map((name) => getDomain(name.replace(/^\*\./u, ''), { allowPrivateDomains: true }) ?? name);
  return [...new Set([...domains, ...addresses.map(networkOf)])].sort();
}
