/** Failed tests of a repository: what they mean, in words and with a code of the catalogue of errors. Pure. */

import { shortLine } from '#plugin';

/** The meaning of a failed test. */
export type FailureKind =
  | 'not-found'
  | 'redirected'
  | 'unauthorized'
  | 'forbidden'
  | 'server-error'
  | 'broken'
  | 'unreachable'
  | 'late'
  | 'no-name'
  | 'denied'
  | 'certificate'
  | 'host-key'
  | 'private-key'
  | 'too-much'
  | 'other';

/** A text that is not blank. Only `failureOf` and `recordedFailure` make one. */
export type FailureText = string & { readonly filled: unique symbol };

export interface Failure {
  /** The code in the catalogue of errors: `HH-GIT-002`. */
  readonly code: string;
  readonly text: FailureText;
}

interface Meaning {
  readonly code: string;
  readonly text: string;
  /** True if a repetition may succeed. */
  readonly isTransient?: true;
}

const MEANINGS: Readonly<Record<FailureKind, Meaning>> = {
  'not-found': { code: 'HH-GIT-001', text: 'the repository is not found, or the login may not read it' },
  redirected: {
    code: 'HH-GIT-001',
    text: 'the server redirects to another address, which is not followed. Declare that address',
  },
  unauthorized: { code: 'HH-GIT-002', text: 'the server refuses the login' },
  forbidden: { code: 'HH-GIT-003', text: 'the login may not read the repository' },
  'server-error': { code: 'HH-GIT-004', text: 'the server cannot answer now', isTransient: true },
  broken: { code: 'HH-GIT-004', text: 'the server broke the connection', isTransient: true },
  unreachable: { code: 'HH-NET-002', text: 'the server does not accept connections', isTransient: true },
  late: { code: 'HH-NET-001', text: 'the server did not answer in time' },
  'no-name': { code: 'HH-NET-003', text: 'the host has no address' },
  denied: { code: 'HH-NET-004', text: 'the address of the host is in a network that is denied' },
  certificate: { code: 'HH-NET-011', text: 'the certificate of the server is not trusted, or is for another host' },
  'host-key': {
    code: 'HH-NET-011',
    text: 'the host key of the server is not in ~/.ssh/known_hosts, or differs. Compare it with the one of the provider, and add it',
  },
  'private-key': {
    code: 'HH-AUTH-007',
    text: 'the secret of the login is not a private key without a passphrase',
  },
  'too-much': { code: 'HH-GIT-004', text: 'the server sent too much' },
  other: { code: 'HH-GIT-001', text: 'git failed' },
};

/** The failure of a kind. `detail` is added in parentheses. */
export function failureOf(kind: FailureKind, detail?: string): Failure {
  const { code, text } = MEANINGS[kind];
  return { code, text: (detail === undefined ? text : `${text} (${detail})`) as FailureText };
}

/** A failure from the state. A blank text, as damage may leave it, gets words. */
export function recordedFailure(code: string | undefined, text: string | undefined): Failure {
  const words = text?.trim() ?? '';
  return {
    code: code === undefined || code === '' ? MEANINGS.other.code : code,
    text: (words === '' ? 'the reason is not recorded' : words) as FailureText,
  };
}

export function isTransient(kind: FailureKind): boolean {
  return MEANINGS[kind].isTransient === true;
}

/** A failure that git printed. */
export interface Printed {
  readonly kind: FailureKind;
  readonly detail?: string;
}

/** The first pattern that matches decides. Sources: remote-curl.c, http.c and connect.c of git; messages of OpenSSH, curl, GnuTLS and OpenSSL. */
const PATTERNS: readonly (readonly [RegExp, FailureKind])[] = [
  [/^Load key ".*": /mu, 'private-key'],
  [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/u, 'host-key'],
  [
    /Permission denied \(|Authentication failed for|could not read (?:Username|Password)|returned error: 401/u,
    'unauthorized',
  ],
  [/returned error: 403/u, 'forbidden'],
  [/returned error: 30\d/u, 'redirected'],
  [
    /repository '.*' not found|Repository not found|returned error: 404|does not appear to be a git repository|not valid: is this a git repository/u,
    'not-found',
  ],
  [/returned error: (?:429|5\d\d)/u, 'server-error'],
  [
    /Failed to connect|Couldn't connect|Connection refused|time(?:d )?out|No route to host|Network is unreachable/u,
    'unreachable',
  ],
  [/certificate|SSL: no alternative|SSL_ERROR_BAD_CERT/iu, 'certificate'],
  [
    /reset by peer|Connection closed|Empty reply|Recv failure|Send failure|unexpected eof|GnuTLS|SSL_|HTTP\/2|transfer closed|hung up|early EOF|kex_exchange_identification/iu,
    'broken',
  ],
];

/** The last line in which git states its failure. */
function lastLine(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map(shortLine)
    .filter((line) => line !== '');
  return lines.findLast((line) => /^(?:fatal|error): /u.test(line)) ?? lines.at(-1) ?? '';
}

/** The meaning of the messages of a failed git. */
export function printedFailure(stderr: string): Printed {
  // Quoted parts are addresses, in which any word may occur.
  const words = stderr.replaceAll(/'[^'\n]*'/gu, "''");
  const kind = PATTERNS.find(([pattern]) => pattern.test(words))?.[1] ?? 'other';
  const status = /returned error: (\d{3})/u.exec(stderr)?.[1];
  if (status !== undefined && kind !== 'other') return { kind, detail: `HTTP ${status}` };
  const line = lastLine(stderr);
  return kind === 'other' && line !== '' ? { kind, detail: line } : { kind };
}
