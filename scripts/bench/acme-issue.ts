/**
 * Issues certificates by ACME: `node acme-issue.js FOLDER COUNT SHARE`. The authority is another process, and rejects SHARE of
 * all nonces. Prints the certificates, the requests of the last one, and the CPU time of this process for each, as JSON.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { usualDenial } from '#plugin/net';
import { realTiming } from '#plugin/http';
import { type AcmeClient, openAcme } from '../../plugins/certificates/acme/client.ts';
import { accountKeyOf } from '../../plugins/certificates/acme/jws.ts';
import { makeKeys, makeRequest } from '../../plugins/certificates/live/x509-make.ts';

const [folder = '.', count = '100', share = '0'] = process.argv.slice(2);
const AT_ONCE = 10;
/** Issuances before the measurement, which load the code. */
const WARM = 20;
/** Longer than the authority takes for one step. */
const WAIT_MS = 200;

const authority = spawn(process.execPath, [join(import.meta.dirname, 'acme-authority.js'), folder, share], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = (await once(createInterface({ input: authority.stdout }), 'line')) as [string];
const { directory, ca } = JSON.parse(line) as { readonly directory: string; readonly ca: string };

const { signal } = new AbortController();
const key = await accountKeyOf((await makeKeys('ecdsa-p256')).privateKey);
authority.stdin.write(`${key.thumbprint}\n`);
const timing = {
  ...realTiming,
  sleep: (ms: number, ends: AbortSignal) => realTiming.sleep(Math.min(ms, WAIT_MS), ends),
};
const open = (account?: string): Promise<AcmeClient> =>
  openAcme(
    { directory, ca, key, denial: usualDenial({}), timing, ...(account === undefined ? {} : { account }) },
    signal,
  );
const first = await open();
const { url } = await first.createAccount({ contact: [], termsAgreed: true }, signal);

async function issue(client: AcmeClient, name: string): Promise<void> {
  const order = await client.newOrder({ identifiers: [{ type: 'dns', value: name }], profile: 'classic' }, signal);
  for (const { challenges } of await client.authorizations(order, signal)) {
    const challenge = challenges.find(({ type }) => type === 'http-01');
    if (challenge !== undefined) await client.answer(challenge, signal);
  }
  const ready = await client.untilReady(order, signal);
  const keys = await makeKeys('ecdsa-p256');
  const csr = await makeRequest({ dnsNames: [name], keys });
  const issued = await client.untilIssued(await client.finalize(ready, csr, signal), signal);
  await client.certificate(issued, keys.publicKey, undefined, signal);
}

/** Issues some certificates, several at once, each by a client of its own, as separate runs do. */
async function issueAll(many: number, prefix: string): Promise<number> {
  const names = Array.from({ length: many }, (_, i) => `${prefix}${i}.example.test`).values();
  let done = 0;
  const worker = async (): Promise<void> => {
    for (const name of names) {
      await issue(await open(url), name);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

await issueAll(WARM, 'warm');
const before = process.cpuUsage();
const issued = await issueAll(Number(count), 'n');
const { user, system } = process.cpuUsage(before);
const alone = await open(url);
await issue(alone, 'alone.example.test');
process.stdout.write(
  `${JSON.stringify({ issued, requests: alone.requests(), cpuMs: (user + system) / 1000 / issued })}\n`,
);
authority.stdin.end();
