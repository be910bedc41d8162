/** Ports of the kernel: their rows, the differences, and the names after any order of changes. */

import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { describe, expect, test } from 'vitest';
import {
  isPort,
  type LinkChange,
  OWN_FIELDS,
  ownFields,
  type PortLink,
  PortLinks,
  rowChange,
  savedPort,
  stateRow,
} from '../../../../plugins/portsync/daemon/ports.ts';
import fc from '../../../support/property.ts';

const link: PortLink = { index: 7, name: 'Ethernet0', mtu: 9100, admin: 'up', oper: 'up' };

describe('ports', () => {
  test.each([
    ['Ethernet0', undefined, true],
    ['Ethernet0', 'veth', true],
    ['PortChannel1', 'bond', true],
    ['PortChannel1', 'team', false],
    ['eth0', undefined, false],
    ['Bridge', 'bridge', false],
    ['Ethernet"0', undefined, false],
    ['Ethernetü', undefined, false],
  ])('%s of kind %s: %s', (name, kind, expected) => {
    expect(isPort({ name, kind })).toBe(expected);
  });

  test('defect 11: the operational state is that of the carrier, and the administrative one is not fixed', () => {
    expect(stateRow({ ...link, oper: 'down' })).toEqual({
      state: 'ok',
      netdev_oper_status: 'down',
      admin_status: 'up',
      mtu: '9100',
    });
    expect(stateRow({ ...link, admin: 'down', oper: 'down' })).toMatchObject({ admin_status: 'down' });
    expect(savedPort({ ...link, oper: 'down' })).toMatchObject({ admin_state: 1, oper_state: 0, flags: 1 });
    expect(savedPort(link)).toMatchObject({ admin_state: 1, oper_state: 1, flags: 0x41 });
  });
});

describe('differences', () => {
  const row = stateRow(link);
  test.each([
    ['nothing', row, row, undefined],
    ['one field', { ...row, mtu: '1500' }, row, { name: 'x', set: { mtu: '9100' }, remove: [] }],
    ['a new row', undefined, row, { name: 'x', set: row, remove: [] }],
    ['a removed row', row, undefined, { name: 'x', set: {}, remove: [...OWN_FIELDS] }],
    ['a row of which a part is left', { mtu: '1' }, undefined, { name: 'x', set: {}, remove: ['mtu'] }],
    ['no row', undefined, undefined, undefined],
  ])('%s', (_, known, wanted, expected) => {
    expect(rowChange('x', known, wanted)).toEqual(expected);
  });

  test('are applied to the own fields alone, and lead to the wanted row', () => {
    const value = fc.constantFrom('up', 'down', 'ok');
    const rows = fc.option(fc.dictionary(fc.constantFrom(...OWN_FIELDS, 'supported_speeds'), value), {
      nil: undefined,
    });
    fc.assert(
      fc.property(rows, fc.boolean(), (before, isWanted) => {
        const wanted = isWanted ? row : undefined;
        const change = rowChange('x', before === undefined ? undefined : ownFields(before), wanted);
        const after: Record<string, string> = { ...before, ...change?.set };
        for (const field of change?.remove ?? []) delete after[field];
        expect(ownFields(after)).toEqual(wanted ?? {});
        expect(after['supported_speeds']).toBe((before as Row | undefined)?.['supported_speeds']);
      }),
    );
  });
});

describe('links', () => {
  test('a stale netdev is ignored, and one with a new index counts', () => {
    const links = new PortLinks(new Set([7]));
    expect(links.take({ what: 'appeared', link })).toEqual({ names: [] });
    expect(links.take({ what: 'changed', before: link, link: { ...link, oper: 'down' } })).toEqual({ names: [] });
    expect(links.take({ what: 'appeared', link: { ...link, index: 9 } })).toEqual({ names: ['Ethernet0'] });
    expect(links.take({ what: 'removed', link })).toEqual({ names: [] });
    expect(links.names).toEqual(['Ethernet0']);
  });

  test('a port that loses its link has flapped', () => {
    const links = new PortLinks();
    links.take({ what: 'appeared', link });
    const down = { ...link, oper: 'down' } as const;
    expect(links.take({ what: 'changed', before: link, link: down })).toEqual({
      names: ['Ethernet0'],
      flapped: 'Ethernet0',
    });
    expect(links.take({ what: 'changed', before: down, link })).toEqual({ names: ['Ethernet0'] });
  });

  test('a port that is renamed touches both names', () => {
    const links = new PortLinks();
    links.take({ what: 'appeared', link });
    const other = { ...link, name: 'Ethernet4' };
    expect(links.take({ what: 'changed', before: link, link: other }).names).toEqual(['Ethernet0', 'Ethernet4']);
    expect(links.take({ what: 'changed', before: other, link: { ...link, name: 'eth9' } }).names).toEqual([
      'Ethernet4',
    ]);
    expect(links.names).toEqual([]);
  });

  test('defect 8: deleted ports are not among the saved ones', () => {
    const links = new PortLinks();
    links.take({ what: 'appeared', link });
    expect([...links.saved.keys()]).toEqual(['Ethernet0']);
    links.take({ what: 'removed', link });
    expect([...links.saved.keys()]).toEqual([]);
  });

  test('any history of links ends with those that exist', () => {
    const step = fc.record({
      index: fc.integer({ min: 1, max: 4 }),
      name: fc.constantFrom('Ethernet0', 'Ethernet4', 'eth0', undefined),
      mtu: fc.integer({ min: 1500, max: 1502 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const links = new PortLinks();
        const kernel = new Map<number, PortLink>();
        for (const { index, name, mtu } of steps) {
          const before = kernel.get(index);
          // Names are unique in a namespace.
          if (name !== undefined && [...kernel.values()].some((each) => each.name === name && each.index !== index))
            continue;
          const after = name === undefined ? undefined : { ...link, index, name, mtu };
          if (after === undefined) kernel.delete(index);
          else kernel.set(index, after);
          const change: LinkChange | undefined =
            before === undefined
              ? after && { what: 'appeared', link: after }
              : after === undefined
                ? { what: 'removed', link: before }
                : { what: 'changed', link: after, before };
          if (change !== undefined) links.take(change);
        }
        const expected = [...kernel.values()].filter(isPort);
        expect([...links.names].sort()).toEqual(expected.map(({ name }) => name).sort());
        for (const each of expected) expect(links.get(each.name)?.mtu).toBe(each.mtu);
      }),
    );
  });
});
