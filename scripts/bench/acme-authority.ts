/**
 * An emulated ACME authority that answers its own challenges of http-01: `node acme-authority.js FOLDER SHARE`. SHARE of all
 * nonces are rejected. The program prints one line of JSON, takes the thumbprint of an account on its standard input, or `counts`,
 * which it answers with its requests, and ends with it.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { startAcme } from '../../plugins/certificates/sandbox/acme/authority.ts';

const [folder = '.', share = '0'] = process.argv.slice(2);
let thumbprint = '';
const files = createServer(({ url = '' }, response) => {
  response.end(`${url.slice('/.well-known/acme-challenge/'.length)}.${thumbprint}`);
});
await new Promise<void>((resolve) => void files.listen(0, '127.0.0.1', resolve));
const httpPort = (files.address() as AddressInfo).port;
const acme = await startAcme({ folder, validation: { httpPort }, now: () => Date.now() });
acme.faults.rejectNonces = Number(share);
process.stdout.write(`${JSON.stringify({ directory: acme.directory, ca: acme.ca })}\n`);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line === 'counts') process.stdout.write(`${JSON.stringify(acme.counts())}\n`);
  else thumbprint = line;
});
lines.on('close', () => process.exit());
