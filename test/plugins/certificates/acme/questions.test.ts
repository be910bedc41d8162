/** Questions to the authority about certificates that are not due: windows, as often as it asks to be asked, and nothing else. */

import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { acmeDocuments, acmeProject } from './project.ts';

const HOUR = 3_600_000;
const COUNT = process.env['FETTLE_TEST_FULL'] === '1' ? 1000 : 40;

test(`plans of ${COUNT} certificates that are not due ask the authority for windows alone, at its pace`, {
  timeout: 600_000,
}, async () => {
  const start = Date.now();
  let clock = start;
  const authority = await startEmulated(
    { ownHttp: true },
    { now: () => clock, retryAfterSeconds: 0, caaIdentities: [] },
  );
  onTestFinished(() => authority.stop());
  const [issuer = ''] = acmeDocuments(authority).split('---\n');
  const documents = Array.from(
    { length: COUNT },
    (_, at) => `apiVersion: certificates/v1
kind: Certificate
metadata: { name: c${at} }
spec: { issuer: public, dnsNames: [c${at}.example.test], storage: { file: { certificate: ./tls/c${at}.crt, key: ./tls/c${at}.key } } }
`,
  );
  const project = acmeProject(authority, [issuer, ...documents].join('---\n'));
  const { counts } = authority.acme;
  /** A command at a time, and its requests by endpoint. */
  const ask = async (
    line: string,
    at: number,
  ): Promise<Done & { readonly asked: Readonly<Record<string, number>> }> => {
    clock = at;
    const before = counts();
    const done = await fettle(project.folder, line, { now: () => clock });
    const more = Object.entries(counts()).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
    return { ...done, asked: Object.fromEntries(more.filter(([, count]) => count > 0)) };
  };
  const all = { directory: 1, 'renewal-info': COUNT };
  expect((await ask('apply --yes', start)).code).toBe(0);
  // The refresh after each order has recorded the windows.
  for (const line of ['plan --detailed-exitcode', 'apply --yes', 'plan --detailed-exitcode'])
    expect(await ask(line, start + 5 * HOUR)).toMatchObject({ code: 0, asked: {} });
  // The authority asks to be asked every six hours; an apply records the answers.
  expect(await ask('apply --yes', start + 7 * HOUR)).toMatchObject({ code: 0, asked: all });
  expect((await ask('plan --detailed-exitcode', start + 7 * HOUR)).asked).toEqual({});
  expect((await ask('plan --detailed-exitcode', start + 12 * HOUR)).asked).toEqual({});
  expect((await ask('plan --detailed-exitcode', start + 14 * HOUR)).asked).toEqual(all);
});
