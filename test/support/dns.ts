/** A DNS server for names that tests make up, for as long as a test runs. */

import { onTestFinished } from 'vitest';
import { type DnsServer, type Zone, startDns } from '../../plugins/certificates/sandbox/dns.ts';

export type { DnsServer, Zone };

/** Answers on a free port of 127.0.0.1 until the test ends; `finished` reports the end of concurrent tests. */
export async function dnsServer(
  names: Readonly<Record<string, Zone>>,
  finished: (close: () => void) => void = onTestFinished,
): Promise<DnsServer> {
  const server = await startDns(names);
  finished(server.stop);
  return server;
}
