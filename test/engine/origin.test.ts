/** Origins: every spelling of an origin is equal, and text that hides another host is invalid. */

import { describe, expect, it, test } from 'vitest';
import { isOriginMistake, namesOrigin, originOf, originsIn, originText, parseOrigin, sameOrigin } from '#plugin';
import fc from '../support/property.ts';

function textOf(written: string): string {
  const origin = parseOrigin(written);
  return isOriginMistake(origin) ? `mistake: ${origin.mistake}` : originText(origin);
}

describe('an origin has one spelling', () => {
  it.each([
    ['https://api.example.test', 'https://api.example.test:443'],
    ['HTTPS://API.Example.Test.:443/', 'https://api.example.test:443'],
    ['http://a', 'http://a:80'],
    ['postgres://db.example.test', 'postgres://db.example.test:5432'],
    ['postgresql://DB.example.test:5432/', 'postgres://db.example.test:5432'],
    ['postgres://[0:0:0::1]:6000', 'postgres://[::1]:6000'],
    ['postgres://[FE80::1]', 'postgres://[fe80::1]:5432'],
    ['postgres://0x7f.1', 'postgres://127.0.0.1:5432'],
    ['postgres://2130706433', 'postgres://127.0.0.1:5432'],
    ['postgres://127.0.0.1.:5432', 'postgres://127.0.0.1:5432'],
    ['postgres://localhost', 'postgres://localhost:5432'],
    ['https://münchen.example', 'https://xn--mnchen-3ya.example:443'],
    ['https://ｅｘａｍｐｌｅ.test', 'https://example.test:443'],
    ['ssh://git.example.test', 'ssh://git.example.test:22'],
    ['redis://h:6379', 'redis://h:6379'],
    ['unix:/run/postgresql/.s.PGSQL.5432', 'unix:/run/postgresql/.s.PGSQL.5432'],
    ['unix:///run//./postgresql/.s.PGSQL.5432', 'unix:/run/postgresql/.s.PGSQL.5432'],
  ])('%s', (written, canonical) => {
    expect(textOf(written)).toBe(canonical);
    expect(textOf(canonical)).toBe(canonical);
  });
});

describe('text that hides another host is not an origin', () => {
  it.each([
    '',
    'api.example.test',
    'api.example.test:443',
    '//api.example.test',
    'https:api.example.test',
    'https://',
    'https://user@api.example.test',
    'https://user:pw@api.example.test',
    'https://good.test@evil.test',
    'https://good.test\\@evil.test',
    'https://good.test/path',
    'https://good.test?x',
    'https://good.test#x',
    'https://good.test/?host=evil.test',
    'postgres://a,b',
    'postgres://a:1,b:2',
    'postgres://a%2eb',
    'postgres://%2Frun%2Fpostgresql',
    'https://*',
    'https://*.example.test',
    'https://a..b',
    'https://a..',
    'https://.',
    'https://[::1',
    'https://[::1]x',
    'https://[fe80::1%25lo]',
    'https://[1.2.3.4]',
    'https://a:0',
    'https://a:65536',
    'https://a:-1',
    'https://a:b',
    'https://a:',
    'https://a b',
    'https://a\nb',
    'https://a\tb',
    'redis://h',
    'unix:run/x',
    'unix:/',
    'unix:/run/../etc/x',
    'unix://host/run',
    `https://${'a'.repeat(64)}`,
  ])('%j', (written) => {
    expect(textOf(written)).toMatch(/^mistake: /u);
  });
});

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/u).filter((text) => !text.startsWith('xn'));
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

test('upper case, a trailing dot and the default port do not make another origin', () => {
  fc.assert(
    fc.property(
      name,
      fc.constantFrom('http', 'https', 'postgres', 'ssh'),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (host, scheme, upper, dot, slash) => {
        const plain = parseOrigin(`${scheme}://${host}`);
        const other = `${scheme}://${host}${dot ? '.' : ''}${slash ? '/' : ''}`;
        const same = parseOrigin(upper ? other.toUpperCase() : other);
        if (isOriginMistake(plain) || isOriginMistake(same)) throw new Error(`${scheme}://${host}`);
        expect(sameOrigin(plain, same)).toBe(true);
        expect(parseOrigin(originText(plain))).toEqual(plain);
      },
    ),
  );
});

test('another scheme, host or port is another origin', () => {
  fc.assert(
    fc.property(
      name,
      name,
      fc.integer({ min: 1, max: 65_535 }),
      fc.integer({ min: 1, max: 65_535 }),
      (host, otherHost, port, otherPort) => {
        const origin = originOf('https', host, port);
        const other = originOf('https', otherHost, otherPort);
        const plain = originOf('http', host, port);
        if (isOriginMistake(origin) || isOriginMistake(other) || isOriginMistake(plain)) throw new Error(host);
        expect(sameOrigin(origin, other)).toBe(host === otherHost && port === otherPort);
        expect(sameOrigin(origin, plain)).toBe(false);
      },
    ),
  );
});

test('every valid origin connects to the host that it names', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string(), (url, more) => {
      const origin = parseOrigin(`${url}${more}`);
      if (isOriginMistake(origin)) return;
      expect(new URL(`${url}${more}`).hostname.replace(/\.$/u, '')).toBe(origin.host);
    }),
  );
});

describe('the list in a variable', () => {
  it('accepts commas and white space, and each origin once', () => {
    const named = originsIn({ FETTLE_X: ' https://a, https://A:443\n\thttp://b:81 ' }, 'FETTLE_X');
    expect(named.mistakes).toEqual([]);
    expect(named.origins.map(originText)).toEqual(['https://a:443', 'http://b:81']);
    expect(namesOrigin(named, { scheme: 'http', host: 'b', port: 81 })).toBe(true);
    expect(namesOrigin(named, { scheme: 'http', host: 'b', port: 80 })).toBe(false);
  });

  it.each([[undefined], [''], [' , ']])('%j has no entry', (value) => {
    expect(originsIn({ FETTLE_X: value }, 'FETTLE_X')).toEqual({ variable: 'FETTLE_X', origins: [], mistakes: [] });
  });

  it('names the variable and the invalid entry, and does not repeat the entry', () => {
    const { mistakes, origins } = originsIn({ FETTLE_X: 'https://a https://u:geheim@b' }, 'FETTLE_X');
    expect(origins).toHaveLength(1);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(/^FETTLE_X: entry 2 /u);
    expect(mistakes[0]).not.toContain('geheim');
  });
});
