/** dns-persist-01: the record that permits an account, and the text to write when there is none. */

import { describe, expect, test } from 'vitest';
import { usualDenial } from '#plugin/net';
import { openDns } from '../../../../plugins/certificates/acme/dns/lookup.ts';
import { persistMistake, type PersistQuestion, persistText } from '../../../../plugins/certificates/acme/persist.ts';
import { persistSolver } from '../../../../plugins/certificates/acme/solvers/persist.ts';
import { dnsServer } from '../../../support/dns.ts';
import fc from '../../../support/property.ts';
import { challenge, solverRun } from './support.ts';

const ACCOUNT = 'https://ca.example/acct/1';
const NOW = Date.parse('2026-11-30T00:00:00Z');
const question: PersistQuestion = { name: 'a.test', wildcard: false, issuers: ['ca.example'], accountUri: ACCOUNT };
const own = `ca.example; accounturi=${ACCOUNT}`;

describe('a record', () => {
  test.each<readonly [string, string, Partial<PersistQuestion>, string | undefined]>([
    ['of the account', own, {}, undefined],
    ['in capitals', `CA.EXAMPLE;AccountURI=${ACCOUNT}`, {}, undefined],
    ['with an unknown parameter', `${own}; x=y`, {}, undefined],
    ['of another account', 'ca.example; accounturi=https://ca.example/acct/2', {}, 'names another account'],
    ['without an account', 'ca.example', {}, 'names another account'],
    ['of another authority', `other.example; accounturi=${ACCOUNT}`, {}, 'names another authority'],
    ['of another form', 'v=spf1 -all', {}, 'does not have the form of such a record'],
    ['with two accounts', `${own}; accounturi=${ACCOUNT}`, {}, 'has a parameter twice'],
    ['for wildcards', `${own}; policy=Wildcard`, { wildcard: true }, undefined],
    ['without wildcards', own, { wildcard: true }, 'does not permit wildcards: policy=wildcard is missing'],
    [
      'of another policy',
      `${own}; policy=x`,
      { wildcard: true },
      'does not permit wildcards: policy=wildcard is missing',
    ],
    ['until this second', `${own}; persistUntil=${NOW / 1000}`, {}, undefined],
    ['until a second ago', `${own}; persistUntil=${NOW / 1000 - 1}`, {}, 'expired at 2026-11-29T23:59:59.000Z'],
    ['until a time that is not one', `${own}; persistUntil=soon`, {}, 'has a persistUntil that is not a time'],
  ])('%s', (_, text, more, mistake) => {
    expect(persistMistake(text, { ...question, ...more }, NOW)).toBe(mistake);
  });

  test('the text to write gives every permission that it is for', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.domain(), fc.webUrl(), (wildcard, issuer, url) => {
        fc.pre(!/[;\s]/u.test(url));
        const asked = { ...question, wildcard, issuers: [issuer], accountUri: url };
        expect(persistMistake(persistText(asked), asked, NOW)).toBeUndefined();
      }),
    );
  });
});

describe('the solver', () => {
  const persisted = challenge('a.test', { issuers: ['ca.example'], accountUri: ACCOUNT });

  test('passes with the record among those of others, and changes nothing', async () => {
    const { address } = await dnsServer({
      '_validation-persist.a.test': { txt: [['of a stranger'], [own.slice(0, 5), own.slice(5)]] },
    });
    const solver = persistSolver(openDns([address], usualDenial({})), () => NOW);
    const prepared = await solver.prepare([persisted], solverRun());
    expect(prepared.values).toEqual([{ name: 'a.test', place: '_validation-persist.a.test', text: own }]);
    await solver.present(prepared, solverRun());
    await solver.remove(prepared, solverRun());
  });

  test('says what to write if the record is missing or does not fit', async () => {
    const { address, names } = await dnsServer({});
    const solver = persistSolver(openDns([address], usualDenial({})), () => NOW);
    const wildcard = { ...persisted, wildcard: true };
    const write = `Write "${own}; policy=wildcard"`;
    await expect(solver.prepare([wildcard], solverRun())).rejects.toThrow(`there is none. ${write}`);
    names.set('_validation-persist.a.test', { txt: [[own]] });
    await expect(solver.prepare([wildcard], solverRun())).rejects.toThrow(`policy=wildcard is missing. ${write}`);
    names.set('_validation-persist.a.test', { broken: true });
    await expect(solver.prepare([wildcard], solverRun())).rejects.toThrow('cannot be looked up');
  });
});
