/** Mistakes of the configuration that an order needs repaired: no order reaches the authority, and no try is used up. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { bareEnvironment } from '../../../support/cli.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { acmeProject } from './project.ts';

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 });
});
afterAll(() => authority.stop());

const PROVIDER = `plugins: { certificates: { acme: { dnsProviders: { corp: { rfc2136: { server: "127.0.0.1:9", keyName: fettle., secret: "\${env:DNS_TSIG_SECRET_CORP}" } } } } } }\n`;

function documents(): string {
  const { directory } = authority;
  return `apiVersion: certificates/v1
kind: Issuer
metadata: { name: public }
spec: { acme: { directory: "${directory}", accountKey: ./acme/account.key, ca: ./acme.pem, solvers: [{ dns01: { provider: corp } }] } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec: { issuer: public, dnsNames: [www.example.test], storage: { file: { certificate: ./tls/www.crt, key: ./tls/www.key } } }
`;
}

it.each([
  [
    'a missing variable',
    { DNS_TSIG_SECRET: 'c2VjcmV0' },
    'the credential of the DNS provider corp is missing: the environment variable DNS_TSIG_SECRET_CORP is not set. Provide the secret that plugins.certificates.acme.dnsProviders.corp.rfc2136.secret in fettle.yaml names',
  ],
  [
    'an origin that is not permitted',
    { DNS_TSIG_SECRET_CORP: 'c2VjcmV0' },
    'the key fettle. is only used for dns://127.0.0.1:9 if the environment variable FETTLE_DNS_ORIGINS names that origin',
  ],
  [
    'a secret that is not base64',
    { DNS_TSIG_SECRET_CORP: '!', FETTLE_DNS_ORIGINS: 'dns://127.0.0.1:9' },
    'the secret of the key fettle. is not base64',
  ],
])('%s is found before an order, and the next apply tries again', async (_name, variables, message) => {
  const project = acmeProject(authority, documents(), PROVIDER);
  const env = bareEnvironment(variables);
  const before = authority.acme.orders().length;
  const applies: Done[] = [];
  for (let round = 0; round < 2; round += 1) applies.push(await fettle(project.folder, 'apply --yes', { env }));
  for (const { code, stdout } of applies) {
    expect(stdout).toContain(message);
    expect(stdout).not.toContain('WAITING');
    expect(code).toBe(7);
  }
  expect(authority.acme.orders().length).toBe(before);
  const planned = await fettle(project.folder, 'plan', { env: bareEnvironment({}) });
  expect(planned.stdout).toMatch(/1 to add.* 0 waiting/u);
});
