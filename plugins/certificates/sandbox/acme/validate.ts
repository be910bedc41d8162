/** Validates challenges as an authority does, on this machine: a file from the name's address, or a TXT record. */

import { Resolver } from 'node:dns/promises';
import { get } from 'node:http';
import { isIP } from 'node:net';
import { createHash } from 'node:crypto';
import { type Permission, permits, PERSIST } from './persist-record.ts';
import { problemOf } from './refusal.ts';

export interface Validation {
  /** The port that stands for port 80. */
  readonly httpPort: number;
  /** DNS server of all names, as `127.0.0.1:5353`; without it, names lead to 127.0.0.1 and have no records. */
  readonly resolver?: string;
}

export interface Validated {
  readonly type: string;
  /** The name without `*.`, or an address. */
  readonly value: string;
  readonly token: string;
  readonly keyAuthorization: string;
  /** For dns-persist-01. */
  readonly permission: Permission;
}

type Problem = ReturnType<typeof problemOf>;

const LIMIT_MS = 5000;
const MOST_BYTES = 10_000;

function resolverAt(address: string): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([address]);
  return resolver;
}

async function addressOf(value: string, resolver: string | undefined): Promise<string> {
  if (isIP(value) !== 0) return value;
  if (resolver === undefined) return '127.0.0.1';
  const [first = ''] = await resolverAt(resolver).resolve4(value);
  return first;
}

/** The body of a GET for the name at an address, without redirects. */
function fileAt(
  address: string,
  port: number,
  host: string,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, path, headers: { host }, agent: false, timeout: LIMIT_MS }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
        if (body.length > MOST_BYTES) request.destroy(new Error('the file is too large'));
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', reject);
  });
}

async function validateFile(
  { value, token, keyAuthorization }: Validated,
  { httpPort, resolver }: Validation,
): Promise<Problem | undefined> {
  const url = `http://${value}/.well-known/acme-challenge/${token}`;
  let address: string;
  try {
    address = await addressOf(value, resolver);
  } catch {
    return problemOf('dns', `DNS problem: no address of ${value} was found`);
  }
  // The emulator sends requests to this machine alone.
  if (!/^127\.|^::1$/u.test(address)) return problemOf('connection', `${value} is not on this machine`);
  try {
    const { status, body } = await fileAt(address, httpPort, value, new URL(url).pathname);
    if (status !== 200) return problemOf('unauthorized', `Invalid response from ${url}: ${status}`);
    return body.trimEnd() === keyAuthorization
      ? undefined
      : problemOf('unauthorized', `The key authorization file at ${url} has another content`);
  } catch {
    return problemOf('connection', `Fetching ${url}: the connection failed`);
  }
}

/** Looks for a TXT record that answers a challenge. */
async function validateRecord(
  host: string,
  resolver: string | undefined,
  isAnswer: (text: string) => boolean,
): Promise<Problem | undefined> {
  try {
    const records = resolver === undefined ? [] : await resolverAt(resolver).resolveTxt(host);
    if (records.some((parts) => isAnswer(parts.join('')))) return undefined;
    const why = records.length === 0 ? 'No TXT record' : 'Incorrect TXT record';
    return problemOf('unauthorized', `${why} found at ${host}`);
  } catch {
    return problemOf('dns', `DNS problem: no TXT record of ${host} was found`);
  }
}

/** Undefined for a challenge that is answered correctly. */
export function validate(challenge: Validated, validation: Validation): Promise<Problem | undefined> {
  const { type, value, keyAuthorization, permission } = challenge;
  if (type === 'http-01') return validateFile(challenge, validation);
  const { resolver } = validation;
  if (type === PERSIST)
    return validateRecord(`_validation-persist.${value}`, resolver, (text) => permits(text, permission));
  const digest = createHash('sha256').update(keyAuthorization).digest('base64url');
  return validateRecord(`_acme-challenge.${value}`, resolver, (text) => text === digest);
}
