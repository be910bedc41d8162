/** Certificates that one subdomain of acme-dns proves, by the command line. */

import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { cliFile, run } from '../../../support/cli.ts';
import { dnsServer } from '../../../support/dns.ts';
import { acmeDnsServer } from './emulators.ts';
import { acmeProject } from './project.ts';

test('orders with the same subdomain are proven one after another', async () => {
  const server = await acmeDnsServer();
  const { names, address } = await dnsServer({});
  // Where the CNAME of each name leads to: the values that the server has at that moment.
  names.get = () => ({ txt: server.values.map((value) => [value]) });
  const authority = await startEmulated({}, { validation: { httpPort: 1, resolver: address } });
  onTestFinished(authority.stop);
  const certificates = ['one', 'two', 'three'].map(
    (name) => `---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec: { issuer: public, dnsNames: [${name}.example.test, '*.${name}.example.test'], storage: { file: { certificate: ./tls/${name}.crt, key: ./tls/${name}.key } } }
`,
  );
  const issuer = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: public }
spec: { acme: { directory: "${authority.directory}", accountKey: ./acme/account.key, ca: ./acme.pem, profile: default, solvers: [{ dns01: { provider: corp, wait: 1s } }] } }
`;
  const { username, password, subdomain } = server.account;
  const { folder } = acmeProject(
    authority,
    [issuer, ...certificates].join(''),
    `plugins: { certificates: { acme: { dnsProviders: { corp: { acmeDns: { url: "${server.url}", username: ${username}, subdomain: ${subdomain} } } } } } }\n`,
  );
  const env = { DNS_ACMEDNS_PASSWORD: password, FETTLE_DNS_ORIGINS: `DNS_ACMEDNS_PASSWORD=${server.url}` };
  const applied = await run(process.execPath, [cliFile, 'apply', '--yes'], folder, env);
  expect(applied.stdout + applied.stderr).toContain('Apply: 4 done, 0 failed');
});
