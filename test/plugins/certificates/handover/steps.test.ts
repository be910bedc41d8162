/** The readers of the folders of other ACME clients: limits of values, and steps in proportion to the number of certificates. */

import { Session } from 'node:inspector/promises';
import { describe, expect, it } from 'vitest';
import { readAcmeSh } from '../../../../plugins/certificates/handover/acme-sh.ts';
import { readCertbot } from '../../../../plugins/certificates/handover/certbot.ts';
import { readDehydrated } from '../../../../plugins/certificates/handover/dehydrated.ts';
import type { ClientFolder, SettingsFiles } from '../../../../plugins/certificates/handover/forms.ts';
import { readLego } from '../../../../plugins/certificates/handover/lego.ts';
import { parseAssignments } from '../../../../plugins/certificates/handover/settings-text.ts';

const SERVER = 'acme-v02.api.letsencrypt.org';
const DIRECTORY = `https://${SERVER}/directory`;

/** Calls of functions of the readers, callbacks included, as the engine counts them. */
async function callsOf(run: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => url.includes('/certificates/handover/'))
      .flatMap(({ functions }) => functions.map(({ ranges }) => ranges[0]?.count ?? 0))
      .reduce((sum, count) => sum + count, 0);
  } finally {
    session.disconnect();
  }
}

type Files = Readonly<Record<string, string>>;

const CERTBOT = (i: number): Files => {
  const id = i.toString(16).padStart(32, '0');
  return {
    [`/le/accounts/${SERVER}/directory/${id}/private_key.json`]: '',
    [`/le/renewal/c${i}.conf`]: `[renewalparams]\naccount = ${id}\nserver = ${DIRECTORY}\nauthenticator = standalone\n`,
    [`/le/renewal-hooks/pre/c${i}`]: '',
  };
};
const ACME_SH = (i: number): Files => ({
  [`/sh/ca/acme${i}.example.test/account.key`]: '',
  [`/sh/c${i}/c${i}.conf`]: `Le_Domain='c${i}'\nLe_API='https://acme${i}.example.test/x'\nLe_Webroot='no'\n`,
});
const LEGO = (i: number): Files => ({
  [`/lego/accounts/acme${i}.example.test/a/keys/a.key`]: '',
  [`/lego/certificates/c${i}.json`]: JSON.stringify({ certUrl: `https://acme${i}.example.test/1` }),
  [`/etc/cron.d/c${i}`]: `5 4 * * * root lego -d c${i} --http --server https://acme${i}.example.test/x renew\n`,
});
const DEHYDRATED = (i: number): Files => ({
  [`/d${i}/accounts/${Buffer.from(`${DIRECTORY}\n`).toString('base64url')}/account_key.pem`]: '',
  [`/d${i}/certs/c/cert.pem`]: '',
  [`/d${i}/config`]: `CA=${DIRECTORY}\n`,
});

function filesOf(of: (i: number) => Files, count: number): SettingsFiles {
  const all = Array.from({ length: count }, (_, i) => Object.entries(of(i))).flat();
  return { paths: all.map(([path]) => path), texts: new Map(all.filter(([, text]) => text !== '')) };
}

describe('steps', () => {
  it.each<[string, (files: SettingsFiles) => ClientFolder, (i: number) => Files]>([
    ['certbot', readCertbot, CERTBOT],
    ['acme.sh', readAcmeSh, ACME_SH],
    ['lego', readLego, LEGO],
    ['dehydrated', readDehydrated, DEHYDRATED],
  ])('%s: twice as many certificates need about twice as many calls', async (_client, read, of) => {
    const calls: number[] = [];
    for (const count of [100, 200]) {
      const files = filesOf(of, count);
      expect(read(files).certificates).toHaveLength(count);
      calls.push(await callsOf(() => void read(files)));
    }
    const [once = 0, twice = 0] = calls;
    expect(once).toBeGreaterThan(100);
    expect(twice / once).toBeLessThan(2.2);
  });
});

describe('assignments', () => {
  it('ends the growth of a value, and names each setting that depends on the value', () => {
    const { values, unknown } = parseAssignments(`A=${'x'.repeat(8)}\n${'A=$A$A\n'.repeat(28)}B=$A\nC=/c\n`);
    expect([...values]).toEqual([['C', '/c']]);
    expect([...unknown]).toEqual(['A', 'B']);
  });

  it('limits the sum of replaced values', () => {
    const lines = Array.from({ length: 9000 }, (_, i) => `B${i}=$A`);
    const { values } = parseAssignments(`A=${'x'.repeat(4000)}\n${lines.join('\n')}\n`);
    expect([...values.values()].join('').length).toBeLessThan(4000 + 65_536 + 1);
  });

  it('has the last known value, and none after a computed one', () => {
    const { values, unknown } = parseAssignments('A=1\nB=2\nA=$(id)\nB=`id`\nB=3\n');
    expect([[...values], [...unknown]]).toEqual([[['B', '3']], ['A']]);
  });
});
