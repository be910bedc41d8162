/** The emulated ACME authority of the sandbox for tests, with servers of files and records for its challenges. */

import { createServer } from 'node:http';
import { type AcmeSandbox, startAcme } from '../../../plugins/certificates/sandbox/acme/authority.ts';
import type { AcmeSandboxOptions } from '../../../plugins/certificates/sandbox/acme/context.ts';
import { startDns } from '../../../plugins/certificates/sandbox/dns.ts';
import { temporaryFolder } from '../cli.ts';
import { freePort } from '../daemons.ts';
import { type AuthorityOptions, BLOCKED_NAME, PROFILES, type TestAuthority } from './authority.ts';

export interface EmulatedAuthority extends TestAuthority {
  readonly acme: AcmeSandbox;
}

export async function startEmulated(
  { rejectNonces = 0, externalAccounts, ownHttp }: AuthorityOptions = {},
  more: Partial<AcmeSandboxOptions> = {},
): Promise<EmulatedAuthority> {
  const files = new Map<string, string>();
  const server = createServer(({ url = '' }, response) => {
    const content = files.get(url);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  const httpPort = await freePort();
  if (ownHttp !== true) await new Promise<void>((resolve) => void server.listen(httpPort, '127.0.0.1', resolve));
  const dns = await startDns({});
  // Every name is on this machine.
  const names = dns.names;
  const known = names.get.bind(names);
  names.get = (name) => ({ a: ['127.0.0.1'], ...known(name) });
  const acme = await startAcme({
    folder: temporaryFolder(),
    validation: { httpPort, resolver: dns.address },
    profiles: Object.fromEntries(
      Object.entries(PROFILES).map(([name, { description, validityPeriod }]) => [
        name,
        { description, validitySeconds: validityPeriod },
      ]),
    ),
    ...(externalAccounts === undefined ? {} : { externalAccounts }),
    refusedNames: [BLOCKED_NAME],
    now: () => Date.now(),
    ...more,
  });
  acme.faults.rejectNonces = rejectNonces / 100;
  return {
    acme,
    directory: acme.directory,
    ca: acme.ca,
    profile: 'default',
    httpPort,
    resolver: dns.address,
    serveFile: async (token, content) => void files.set(`/.well-known/acme-challenge/${token}`, content),
    addTxt: async (host, value) => void names.set(host, { txt: [...(known(host)?.txt ?? []), [value]] }),
    stop: async () => {
      await acme.stop();
      dns.stop();
      server.closeAllConnections();
      if (ownHttp !== true) await new Promise((resolve) => server.close(resolve));
    },
  };
}
