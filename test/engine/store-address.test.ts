/** The address of a store names one server for every parser, and no error repeats it. */

import { describe, expect, it, test } from 'vitest';
import { isAddressMistake, readStoreAddress, type StoreServer } from '../../src/engine/store-address.ts';
import fc from '../support/property.ts';

function serverOf(text: string): StoreServer | string | undefined {
  const address = readStoreAddress(text, 'environment');
  return isAddressMistake(address) ? address.mistake : address.server;
}

const tcp = (host: string, port = 5432): StoreServer => ({ kind: 'tcp', host, port });
const socket = (folder: string, port = 5432): StoreServer => ({ kind: 'socket', folder, port });

describe('the server of an address', () => {
  it.each([
    ['postgres://u@db.example.test/x', tcp('db.example.test')],
    ['postgresql://u@DB.example.test.:6000/x', tcp('db.example.test', 6000)],
    ['postgres://u@[0:0::1]/x', tcp('[::1]')],
    ['postgres://u@0x7f.1/x', tcp('127.0.0.1')],
    ['postgres:///x?host=db.example.test&port=6000&user=u', tcp('db.example.test', 6000)],
    ['postgres:///x?host=::1', tcp('[::1]')],
    ['postgres:///x?host=/run/postgresql', socket('/run/postgresql')],
    ['postgres:///x?host=%2Frun%2Fpostgresql&port=5433', socket('/run/postgresql', 5433)],
    ['postgres://%2Frun%2Fpostgresql:5433/x', socket('/run/postgresql', 5433)],
    ['postgres:///x', undefined],
    ['postgres://me:p%40ss@db/x', tcp('db')],
    ['postgres://me:p@ss@db/x', tcp('db')],
  ])('%s', (text, expected) => {
    expect(serverOf(text)).toEqual(expected);
  });

  it.each([
    ['postgres://a,b/x', 'several hosts'],
    ['postgres://a:1,b:2/x', 'is not'],
    ['postgres://a/x?host=b', 'names its host twice'],
    ['postgres://a:1/x?port=2', 'names its port twice'],
    ['postgres://u@a/x?user=v', 'names its user twice'],
    ['postgres://u:p@a/x?password=q', 'names its password twice'],
    ['postgres:///x?host=a&host=b', 'parameter host twice'],
    ['postgres:///x?port=6000', 'a port without a host'],
    ['postgres:///x?host=a,b', 'several hosts'],
    ['postgres:///x?host=a%00b', 'NUL'],
    ['postgres://u%00@a/x', 'NUL'],
    ['postgres://a/x%00', 'NUL'],
    ['postgres://a%2eb/x', 'an invalid host'],
    ['postgres:///x?host=a/b', 'an invalid host'],
    ['postgres:///x?host=/run/../tmp', '`..`'],
    ['postgres://a:0/x', 'port'],
    ['postgres:///x?host=a&port=99999', 'port'],
    ['postgres:///x?host=a&port=0x10', 'port'],
    ['postgres://a/x?options=-c%20x', 'unknown parameter options'],
    ['postgres://a/x?hostaddr=1.2.3.4', 'unknown parameter hostaddr'],
    ['postgres://a/x?service=s', 'unknown parameter service'],
    ['postgres://a/x?schema=a;b', 'schema'],
    ['postgres://a/x?schema=pg_catalog', 'schema'],
    ['postgres://a/x#y', '#'],
    ['postgres://a\\@b/x', 'backslash'],
    ['postgres://a\n.b/x', 'control character'],
    ['postgres://a b/x', 'space'],
    ['postgres://%zz@a/x', 'percent'],
    ['http://a/x', 'postgres://'],
    ['postgres://u:${env:X}@a/x', '${…}'],
  ])('%j is invalid', (text, says) => {
    expect(serverOf(text)).toContain(says);
  });
});

test('an error does not repeat the address', () => {
  const canary = 'geheim77';
  const part = fc.constantFrom(
    '@',
    ':',
    '/',
    '?',
    '#',
    '%',
    '[',
    ']',
    ',',
    '\\',
    ' ',
    '\0',
    '${env:X}',
    'host=',
    'password=',
    '&',
    'a',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 8 }), (before, after) => {
      for (const source of ['file', 'environment'] as const) {
        const read = readStoreAddress(`postgres://${before.join('')}:${canary}${after.join('')}`, source);
        // Only the name of a parameter is repeated, and no name begins like this.
        if (isAddressMistake(read) && !read.mistake.includes('unknown parameter'))
          expect(read.mistake).not.toContain(canary);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a variable stands for the whole password, or for nothing', () => {
  const part = fc.constantFrom('@', ':', '/', '?', '#', '%', 'a', '${env:X}', '${env:Y}', 'host=', '&', '.', '}');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
      const text = `postgres://${parts.join('')}`;
      const read = readStoreAddress(text, 'file');
      if (isAddressMistake(read)) return;
      expect(text.split('${').length - 1).toBe(read.passwordVariable === undefined ? 0 : 1);
      const { passwordVariable, ...rest } = read;
      expect(JSON.stringify(rest)).not.toContain('${');
      if (passwordVariable !== undefined) expect(text).toContain(`:\${env:${passwordVariable}}@`);
    }),
    { numRuns: 5000 },
  );
});
