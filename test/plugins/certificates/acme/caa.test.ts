/** CAA records that allow or forbid an order, and the search for the records that decide. */

import { describe, expect, test } from 'vitest';
import { usualDenial, openRecords } from '#plugin/net';
import { type CaaQuestion, type CaaRecord, caaText, forbiddenBy } from '../../../../plugins/certificates/acme/caa.ts';
import { lookUpCaa } from '../../../../plugins/certificates/acme/dns/caa-look-up.ts';
import { issueValue } from '../../../../plugins/certificates/acme/issue-value.ts';
import { startBind } from '../../../support/dns-servers.ts';
import { dnsServer } from '../../../support/dns.ts';
import fc from '../../../support/property.ts';

const ACCOUNT = 'https://ca.example/acct/1';
const question: CaaQuestion = { issuers: ['ca.example'], wildcard: false, method: 'dns-01', accountUri: ACCOUNT };

const record = (tag: string, value: string, critical = false): CaaRecord => ({ tag, value, critical });
const issue = (value: string): CaaRecord => record('issue', value);
const wild = (value: string): CaaRecord => record('issuewild', value);

describe('records', () => {
  test.each<readonly [string, readonly CaaRecord[], Partial<CaaQuestion>, readonly string[] | undefined]>([
    ['none allow everybody', [], {}, undefined],
    ['iodef alone allows everybody', [record('iodef', 'mailto:a@b.test')], {}, undefined],
    ['of the authority', [issue('ca.example')], {}, undefined],
    ['in capitals', [issue('CA.Example')], {}, undefined],
    ['of another authority', [issue('other.example')], {}, ['issue "other.example"']],
    ['one of two is enough', [issue('other.example'), issue('ca.example')], {}, undefined],
    ['of no authority', [issue(';')], {}, ['issue ";"']],
    ['empty', [issue('')], {}, ['issue ""']],
    ['not well formed', [issue('ca.example; x')], {}, ['issue "ca.example; x"']],
    ['a wildcard by issue', [issue('ca.example')], { wildcard: true }, undefined],
    ['a wildcard by issuewild alone', [issue('other.example'), wild('ca.example')], { wildcard: true }, undefined],
    ['no wildcard by issuewild', [issue('ca.example'), wild(';')], { wildcard: true }, ['issuewild ";"']],
    ['issuewild does not count for a name', [wild(';')], {}, undefined],
    ['an unknown tag', [record('tbs', 'x')], {}, undefined],
    ['a critical unknown tag', [issue('ca.example'), record('tbs', 'x', true)], {}, ['critical tbs "x"']],
    ['a critical known tag', [record('issue', 'ca.example', true)], {}, undefined],
    ['an unknown parameter', [issue('ca.example; policy=ev')], {}, undefined],
    ['the account', [issue(`ca.example; accounturi=${ACCOUNT}`)], {}, undefined],
    [
      'another account',
      [issue('ca.example;accounturi=https://ca.example/acct/2')],
      {},
      ['issue "ca.example;accounturi=https://ca.example/acct/2"'],
    ],
    [
      'an account before there is one',
      [issue(`ca.example; accounturi=${ACCOUNT}`)],
      { accountUri: undefined as never },
      [`issue "ca.example; accounturi=${ACCOUNT}"`],
    ],
    [
      'two accounts',
      [issue(`ca.example; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}`)],
      {},
      [`issue "ca.example; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}"`],
    ],
    ['the method', [issue('ca.example; validationmethods=http-01,dns-01')], {}, undefined],
    [
      'another method',
      [issue('ca.example; validationmethods=http-01')],
      {},
      ['issue "ca.example; validationmethods=http-01"'],
    ],
    ['no method', [issue('ca.example; ValidationMethods=')], {}, ['issue "ca.example; ValidationMethods="']],
  ])('%s', (_, records, more, by) => {
    expect(forbiddenBy(records, { ...question, ...more })?.by).toEqual(by);
  });

  const METHODS = 'ca.example; validationmethods=http-01';
  const OTHER_ACCOUNT = 'ca.example; accounturi=https://ca.example/acct/2';

  test.each<readonly [string, readonly CaaRecord[], Partial<CaaQuestion>, string, string]>([
    [
      'another authority',
      [issue('other.example')],
      {},
      'permit other authorities only (issue "other.example")',
      'permit the authority (ca.example) in the CAA records of a.test, or use another Issuer',
    ],
    [
      'the method, next to another authority',
      [issue('other.example'), issue(METHODS)],
      {},
      `do not permit the method dns-01 (issue "other.example", issue "${METHODS}")`,
      'add dns-01 to `validationmethods` in the CAA records of a.test, or use a solver with a method that they permit',
    ],
    [
      'the account',
      [issue(OTHER_ACCOUNT)],
      {},
      `permit other accounts only, and the account is ${ACCOUNT} (issue "${OTHER_ACCOUNT}")`,
      `name the account ${ACCOUNT} in \`accounturi\` of the CAA records of a.test`,
    ],
    [
      'an account that is not known yet',
      [issue(OTHER_ACCOUNT)],
      { accountUri: undefined as never },
      `permit one account only, and that of the Issuer is not known yet (issue "${OTHER_ACCOUNT}")`,
      'apply the Issuer. The next plan compares its account with the CAA records of a.test',
    ],
    [
      'a critical property',
      [record('tbs', 'x', true)],
      {},
      'have a critical property that no authority knows (critical tbs "x")',
      'remove the property from the CAA records of a.test',
    ],
  ])('the text names %s', (_, records, more, why, remedy) => {
    const asked = { ...question, ...more };
    const forbidden = forbiddenBy(records, asked);
    expect(forbidden && caaText(forbidden, asked, 'a.test')).toEqual({ why, remedy });
  });

  test('an authority that no record names is never allowed by any text of a record', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.toLowerCase().includes('ca.example'));
        expect(forbiddenBy([issue(text)], question)?.faults).toEqual(['other-authority']);
      }),
    );
  });

  test('a value without parameters is read back from any name and white space', () => {
    fc.assert(
      fc.property(fc.domain(), fc.constantFrom('', ' ', '\t ', ' ;', ';'), (name, after) => {
        expect(issueValue(` ${name}${after}`)).toEqual({ issuer: name.toLowerCase(), parameters: [] });
      }),
    );
  });
});

describe('the search', () => {
  const { signal } = new AbortController();

  test('climbs to the nearest name with records, also behind a CNAME', async () => {
    const server = await startBind([
      {
        zone: 'example.test',
        granted: [],
        lines: [
          '@ IN CAA 0 issue "other.example"',
          'shop IN CAA 0 issue "ca.example"',
          'strict IN CAA 128 tbs "x"',
          'alias IN CNAME target',
          'target IN CAA 0 issue "ca.example; accounturi=https://ca.example/acct/1"',
        ],
      },
    ]);
    const ask = openRecords([server.address], usualDenial({}));
    const found = (name: string, more: Partial<CaaQuestion> = {}) =>
      lookUpCaa(ask, name, { ...question, ...more }, signal);
    expect(await found('www.example.test')).toEqual({
      verdict: 'forbidden',
      faults: ['other-authority'],
      by: ['issue "other.example"'],
      at: 'example.test',
    });
    expect(await found('a.b.shop.example.test')).toEqual({ verdict: 'allowed' });
    expect(await found('shop.example.test', { wildcard: true })).toEqual({ verdict: 'allowed' });
    expect(await found('strict.example.test')).toMatchObject({ verdict: 'forbidden', by: ['critical tbs "x"'] });
    expect(await found('alias.example.test')).toEqual({ verdict: 'allowed' });
    expect(await found('alias.example.test', { accountUri: 'https://ca.example/acct/9' })).toMatchObject({
      verdict: 'forbidden',
      at: 'alias.example.test',
    });
    expect(await found('www.elsewhere.test')).toMatchObject({ verdict: 'unknown' });
  });

  test('a server that fails or is silent leaves the answer unknown, and a stop ends the search', async () => {
    const { address } = await dnsServer({ 'broken.test': { broken: true }, 'silent.test': { silent: true } });
    const ask = openRecords([address], usualDenial({}));
    expect(await lookUpCaa(ask, 'broken.test', question, signal)).toEqual({
      verdict: 'unknown',
      reason: `the CAA records of broken.test cannot be looked up: the DNS server ${address} failed`,
    });
    const stop = new AbortController();
    const search = lookUpCaa(ask, 'silent.test', question, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(search).rejects.toThrow('stopped');
  });
});
