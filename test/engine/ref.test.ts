/** Addresses: the text of a reference, and back. */

import { describe, expect, it } from 'vitest';
import { formatRef, parseRef, type Ref } from '#plugin';
import fc from '../support/property.ts';

describe('addresses', () => {
  it.each<[Ref, string]>([
    [{ plugin: 'nodes', kind: 'Node', name: 'web-1' }, 'nodes/Node/web-1'],
    [{ plugin: 'portsync', kind: 'Port', scope: ['leaf-1'], name: 'Ethernet0' }, 'portsync/Port/leaf-1/Ethernet0'],
    [{ plugin: 'fabric', kind: 'VPC', scope: ['prod', 'default'], name: 'web' }, 'fabric/VPC/prod/default/web'],
    [{ plugin: 'c', kind: 'Domain', name: '*.a b/c@d?%' }, 'c/Domain/%2A.a%20b%2Fc%40d%3F%25'],
  ])('%j is %s, and back', (ref, address) => {
    expect(formatRef(ref)).toBe(address);
    expect(parseRef(address)).toEqual(ref);
  });

  it.each(['', 'a', 'a/b', 'a//b', '/a/b', 'a/b/%', 'a/b/'])('%j is not an address', (text) => {
    expect(parseRef(text)).toBeUndefined();
  });

  it('any name survives formatting and parsing', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 3 }), (name, scope) => {
        const ref: Ref =
          scope.length === 0 ? { plugin: 'p', kind: 'K', name } : { plugin: 'p', kind: 'K', scope, name };
        expect(parseRef(formatRef(ref))).toEqual(ref);
      }),
    );
  });
});
