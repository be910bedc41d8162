/**
 * TXT values at a server of acme-dns, which holds the values of one subdomain. The CNAME of `_acme-challenge.NAME` leads
 * there. The server keeps the last two values, and removes none on request.
 */

import { InputError, isRecord, redactor, shortLine } from '#plugin';
import { exchange } from '#plugin/http';
import type { SendHttp } from '#plugin/net';
import type { TextProvider } from './dns-01.ts';

export interface AcmeDnsOptions {
  readonly send: SendHttp;
  /** The address of the API, without a trailing slash. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
  /** False if CNAMEs are not looked up. */
  readonly isFollowing: boolean;
}

/** Values that the server keeps. */
const MOST_VALUES = 2;
const LIMITS = { ms: 30_000, bytes: 65_536 };

const REASONS: Readonly<Record<number, string>> = {
  401: 'the server does not accept the user, the password or the subdomain',
  403: 'the server does not accept the user, the password or the address of this machine',
};

/** The text in the answer of the server; undefined for another answer. */
function acceptedText(body: string): unknown {
  try {
    const answer: unknown = JSON.parse(body);
    return isRecord(answer) ? answer['txt'] : undefined;
  } catch {
    return undefined;
  }
}

export function acmeDnsProvider(options: AcmeDnsOptions): TextProvider {
  const { send, url, username, password, subdomain, isFollowing } = options;
  const redact = redactor([password]);
  const update = async (text: string, signal: AbortSignal): Promise<void> => {
    const headers = { 'content-type': 'application/json', 'x-api-user': username, 'x-api-key': password };
    const body = JSON.stringify({ subdomain, txt: text });
    const request = { method: 'POST', url: new URL(`${url}/update`), headers, body } as const;
    const answer = await exchange(send, request, LIMITS, signal);
    if (answer.status === 200 && acceptedText(answer.body) === text) return;
    const reason = REASONS[answer.status] ?? `status ${answer.status}, ${shortLine(redact(answer.body))}`;
    throw new Error(`${request.url.origin} did not take the value of a challenge: ${reason}`);
  };
  return {
    via: 'acmeDns',
    isFixed: true,
    room: `${url} ${subdomain}`,
    place: async (values) => {
      for (const { name, place } of values)
        if (isFollowing && !place.startsWith(`${subdomain}.`))
          throw new InputError(
            `_acme-challenge.${name} does not lead to the subdomain ${subdomain} of acme-dns. Write the CNAME that its registration named`,
          );
      if (values.length > MOST_VALUES)
        throw new InputError(
          `acme-dns keeps ${MOST_VALUES} values, and the order needs ${values.length} at one subdomain`,
        );
      return values;
    },
    add: async (values, { signal, progress }) => {
      progress(`writing to ${new URL(url).host}`);
      for (const { text } of values) await update(text, signal);
    },
    // The next order replaces them.
    remove: async () => {},
  };
}
