/**
 * Every problem of RFC 8555 (6.7), RFC 9773 and the draft of profiles, at the requests where it can arise: the row, its
 * message, the log, and the next try. All of them are certificates of one project, which run at once.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REACTIONS } from '../../../../plugins/certificates/acme/problems.ts';
import type { Answer, Asked } from '../../../../plugins/certificates/sandbox/acme/server.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { bodyWith, keptOf, payloadOf } from './hostile.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

/** The request that a problem answers; `validation`: the error of a challenge in an authorization that failed. */
type Place = 'new-account' | 'new-order' | 'authz' | 'validation' | 'challenge' | 'finalize' | 'order' | 'certificate';

interface Row {
  readonly type: string;
  readonly at: Place;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the problem document, or another body. */
  readonly body?: object | string;
  /** Number of requests that it answers; 1 by default. */
  readonly times?: number;
  /** The row of the first run. */
  readonly row: 'done' | 'failed' | 'waiting';
  /** Parts of its message. */
  readonly says?: readonly string[];
  /** Orders after the second run, hours later, which succeeds. */
  readonly orders: 1 | 2;
}

const AGAIN = { 'retry-after': '0' };
const LATER = { 'retry-after': '7200' };
const FIX_CONTACT = 'Correct `contact` of the Issuer';
const OTHER_KEY = 'Use a key of another type for the account';
const REMOVE = 'Remove the name from the document, or use another Issuer';
const REPORT = 'If the next tries fail too, report the message to the authority';
const STATUS_PAGE = 'If the next tries fail too, see the status page of the authority';

const PAGE = { 'content-type': 'text/html' };
const GATEWAY = 'check what answers in the place of the authority';
/** Answers without a problem of ACME: of a firewall, of the default backend of an ingress, of a busy proxy, and of gateways of APIs. */
const FOREIGN: readonly Omit<Row, 'at' | 'orders'>[] = [
  ...[403, 404, 408].map(
    (status) =>
      ({
        type: '',
        status,
        headers: PAGE,
        body: '<html>',
        row: 'failed',
        says: [`status ${status} without a reason (other)`, GATEWAY],
      }) as const,
  ),
  {
    type: '',
    status: 404,
    headers: { 'content-type': 'application/json' },
    body: { type: undefined, detail: undefined, message: 'no Route matched' },
    row: 'failed',
    says: ['status 404 without a reason (other)', GATEWAY],
  },
  {
    type: '',
    status: 403,
    body: { type: 'about:blank', detail: 'blocked' },
    row: 'failed',
    says: ['blocked', GATEWAY],
  },
  { type: '', status: 429, headers: { ...PAGE, ...LATER }, body: '<html>', row: 'waiting' },
];
const FOREIGN_AT = ['new-account', 'new-order', 'authz', 'challenge', 'finalize', 'order', 'certificate'] as const;

const ROWS: readonly Row[] = [
  ...FOREIGN_AT.flatMap((at) => FOREIGN.map((row): Row => ({ ...row, at, orders: 1 }))),
  { type: 'badPublicKey', at: 'new-account', row: 'failed', says: [OTHER_KEY], orders: 1 },
  { type: 'badSignatureAlgorithm', at: 'new-account', row: 'failed', says: [OTHER_KEY], orders: 1 },
  {
    type: 'externalAccountRequired',
    at: 'new-account',
    status: 403,
    row: 'failed',
    says: ['Name an external account in `eab` of the Issuer'],
    orders: 1,
  },
  { type: 'invalidContact', at: 'new-account', row: 'failed', says: [FIX_CONTACT], orders: 1 },
  { type: 'unsupportedContact', at: 'new-account', row: 'failed', says: [FIX_CONTACT], orders: 1 },
  {
    type: 'userActionRequired',
    at: 'new-account',
    status: 403,
    body: { instance: 'https://acme.example.test/agree?token=1' },
    row: 'failed',
    says: ['Agree to the terms of the authority for the account: see https://acme.example.test/agree?token=1'],
    orders: 1,
  },
  { type: 'malformed', at: 'new-account', row: 'failed', says: [REPORT], orders: 1 },
  { type: 'rateLimited', at: 'new-account', status: 429, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'badNonce', at: 'new-account', times: 3, row: 'done', orders: 1 },
  { type: 'serverInternal', at: 'new-account', status: 503, headers: AGAIN, times: 2, row: 'done', orders: 1 },

  {
    type: 'accountDoesNotExist',
    at: 'new-order',
    row: 'failed',
    says: ['run `fettle state forget` for the Issuer and apply again'],
    orders: 1,
  },
  { type: 'alreadyReplaced', at: 'new-order', status: 409, row: 'failed', orders: 1 },
  { type: 'alreadyRevoked', at: 'new-order', row: 'failed', orders: 1 },
  { type: 'badRevocationReason', at: 'new-order', row: 'failed', orders: 1 },
  { type: 'badNonce', at: 'new-order', times: 3, row: 'done', orders: 1 },
  {
    type: 'caa',
    at: 'new-order',
    status: 403,
    row: 'failed',
    says: ['Permit the authority in the CAA records'],
    orders: 1,
  },
  { type: 'invalidProfile', at: 'new-order', row: 'failed', says: ['Correct `profile` of the Issuer'], orders: 1 },
  { type: 'malformed', at: 'new-order', row: 'failed', says: [REPORT], orders: 1 },
  { type: 'rateLimited', at: 'new-order', status: 429, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'rateLimited', at: 'new-order', status: 503, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'rejectedIdentifier', at: 'new-order', row: 'failed', says: [REMOVE], orders: 1 },
  { type: 'serverInternal', at: 'new-order', status: 500, row: 'failed', says: [STATUS_PAGE], orders: 1 },
  { type: 'serverInternal', at: 'new-order', status: 503, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'unauthorized', at: 'new-order', status: 403, row: 'failed', says: ['that the account is valid'], orders: 1 },
  { type: 'unsupportedIdentifier', at: 'new-order', row: 'failed', says: [REMOVE], orders: 1 },
  {
    type: 'userActionRequired',
    at: 'new-order',
    status: 403,
    body: { instance: 'javascript:alert(1)' },
    row: 'failed',
    says: ['Agree to the terms of the authority for the account'],
    orders: 1,
  },
  { type: 'ofTheFuture', at: 'new-order', row: 'failed', says: ['because of ofTheFuture (other)', REPORT], orders: 1 },
  {
    type: '',
    at: 'new-order',
    body: '<html>',
    row: 'failed',
    says: ['status 400 without a reason (other)'],
    orders: 1,
  },
  { type: '', at: 'new-order', status: 502, body: '', row: 'failed', says: ['status 502 without a reason'], orders: 1 },
  {
    type: 'malformed',
    at: 'new-order',
    body: { detail: `because of malformed \u001b[2J\u202e\n::error::x ${'long '.repeat(100_000)}` },
    row: 'failed',
    says: [REPORT],
    orders: 1,
  },
  {
    type: 'compound',
    at: 'new-order',
    body: {
      subproblems: [
        ...Array.from({ length: 5 }, (_, i) => ({ type: 'caa', name: `c${i}.test` })),
        { type: 'dns', name: 'last.test' },
      ].map(({ type, name }) => ({
        type: `urn:ietf:params:acme:error:${type}`,
        detail: `${type} of ${name} ${'is not right '.repeat(30)}`,
        identifier: { type: 'dns', value: name },
      })),
    },
    row: 'failed',
    says: [
      'c0.test: caa of c0.test is not',
      'c4.test: caa of c4.test is not',
      'also last.test (dns)',
      'Permit the authority in the CAA records',
      'Check the DNS records of the name',
    ],
    orders: 1,
  },

  ...(
    [
      ['caa', 'Permit the authority in the CAA records'],
      ['connection', 'Check that the authority reaches the solver under the name'],
      ['dns', 'Check the DNS records of the name'],
      ['incorrectResponse', 'Check that the name leads to the solver'],
      ['tls', 'Check that the authority reaches the solver under the name'],
      ['unauthorized', 'Check that the name leads to the solver'],
      ['rejectedIdentifier', REMOVE],
      ['ofTheFuture', REPORT],
    ] as const
  ).map(
    ([type, advice]): Row => ({ type, at: 'validation', row: 'failed', says: ['validation of', advice], orders: 2 }),
  ),
  { type: 'rateLimited', at: 'validation', row: 'waiting', says: ['validation of'], orders: 2 },
  { type: 'malformed', at: 'challenge', row: 'failed', says: [REPORT], orders: 2 },
  { type: 'unauthorized', at: 'challenge', status: 403, row: 'failed', orders: 2 },
  { type: 'serverInternal', at: 'challenge', status: 500, headers: AGAIN, times: 2, row: 'done', orders: 1 },
  { type: 'rateLimited', at: 'challenge', status: 429, headers: LATER, row: 'waiting', orders: 1 },

  { type: 'badCSR', at: 'finalize', row: 'failed', says: ['Use another `keyAlgorithm`, or other names'], orders: 2 },
  { type: 'badNonce', at: 'finalize', times: 3, row: 'done', orders: 1 },
  { type: 'caa', at: 'finalize', status: 403, row: 'failed', orders: 2 },
  { type: 'orderNotReady', at: 'finalize', status: 403, row: 'failed', orders: 1 },
  { type: 'rateLimited', at: 'finalize', status: 429, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'serverInternal', at: 'finalize', status: 500, row: 'failed', says: [STATUS_PAGE], orders: 1 },
  { type: 'unauthorized', at: 'finalize', status: 403, row: 'failed', orders: 2 },
  { type: 'userActionRequired', at: 'finalize', status: 403, row: 'failed', orders: 2 },

  { type: 'serverInternal', at: 'order', status: 500, headers: AGAIN, times: 6, row: 'failed', orders: 1 },
  { type: 'rateLimited', at: 'order', status: 429, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'unauthorized', at: 'order', status: 403, row: 'failed', orders: 2 },

  { type: 'malformed', at: 'certificate', status: 404, row: 'failed', orders: 2 },
  { type: 'unauthorized', at: 'certificate', status: 403, row: 'failed', orders: 2 },
  { type: 'rateLimited', at: 'certificate', status: 429, headers: LATER, row: 'waiting', orders: 1 },
  { type: 'serverInternal', at: 'certificate', status: 500, headers: AGAIN, times: 6, row: 'failed', orders: 1 },
  { type: 'serverInternal', at: 'certificate', status: 503, headers: LATER, row: 'waiting', orders: 1 },
];

const HOUR_MS = 3_600_000;
const nameOf = (row: Row): string => `r${ROWS.indexOf(row)}`;
/** The resource whose row has the problem. */
const addressOf = (row: Row): string =>
  `certificates/${row.at === 'new-account' ? 'Issuer' : 'Certificate'}/${nameOf(row)}`;
const domainOf = (row: Row): string => `${nameOf(row)}.test`;

const documentOf = ({ type, detail }: { readonly type: string; readonly detail: string }): object => ({
  type: `urn:ietf:params:acme:error:${type}`,
  detail,
});

function answerOf({ type, status = 400, headers = {}, body }: Row): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: typeof body === 'string' ? body : { ...documentOf({ type, detail: `because of ${type}` }), ...body },
  };
}

const NOT_RUN: Done = { code: -1, stdout: '', stderr: '' };

let authority: EmulatedAuthority;
let project: AcmeProject;
let [first, second]: readonly [Done, Done] = [NOT_RUN, NOT_RUN];
/** Rows by the paths of their orders, authorizations, challenges and certificates. */
const byPath = new Map<string, Row>();
const ordersOf = new Map<Row, number>();
let keptAfterFirst = new Map<Row, Readonly<Record<string, unknown>>>();
/** Rows whose order has its recorded key. */
let keyAfterFirst: ReadonlySet<Row> = new Set();
let storedAfterFirst: ReadonlySet<Row> = new Set();
let storedAtEnd: ReadonlySet<Row> = new Set();
let texts = '';

function rowOf(asked: Asked): Row | undefined {
  if (asked.path === '/new-account') return ROWS.find((row) => payloadOf(asked).includes(`mailto:${nameOf(row)}@`));
  if (asked.path === '/new-order') return ROWS.find((row) => payloadOf(asked).includes(`"${domainOf(row)}"`));
  return byPath.get(asked.path);
}

const pathOf = (url: unknown): string => new URL(String(url)).pathname;

type Body = Readonly<Record<string, unknown>>;

/** Learns whose an order, an authorization or a certificate is; lets the validation of some rows fail. */
function learned(right: Answer, asked: Asked): Answer {
  const row = rowOf(asked);
  if (row === undefined) return right;
  const body = right.body as Body;
  const isFailing = row.at === 'validation' && ordersOf.get(row) === 1;
  if (asked.path.startsWith('/authz/')) {
    const challenges = body['challenges'] as readonly Body[];
    for (const { url } of challenges) byPath.set(pathOf(url), row);
    if (!isFailing) return right;
    const error = documentOf({ type: row.type, detail: `because of ${row.type}` });
    return bodyWith(() => ({
      status: 'invalid',
      challenges: challenges.map((each, i) => (i > 0 ? each : { ...each, status: 'invalid', error })),
    }))(right);
  }
  if (asked.path === '/new-order') {
    ordersOf.set(row, (ordersOf.get(row) ?? 0) + 1);
    byPath.set(pathOf(right.headers?.['location']), row);
  }
  for (const url of [body['finalize'], body['certificate'], ...(body['authorizations'] as readonly unknown[])])
    if (url !== undefined) byPath.set(pathOf(url), row);
  return isFailing && asked.path !== '/new-order' ? bodyWith(() => ({ status: 'invalid' }))(right) : right;
}

function documents(): string {
  const [issuer = '', certificate = ''] = acmeDocuments(authority).split('---\n');
  const issuers = ROWS.filter(({ at }) => at === 'new-account').map((row) =>
    issuer
      .replace('name: public', `name: ${nameOf(row)}`)
      .replace('account.key,', `${nameOf(row)}.key, contact: [${nameOf(row)}@example.test],`),
  );
  const certificates = ROWS.map((row) =>
    certificate
      .replace('name: www', `name: ${nameOf(row)}`)
      .replace('www.example.test', domainOf(row))
      .replaceAll('tls/www', `tls/${nameOf(row)}`)
      .replace('issuer: public', row.at === 'new-account' ? `issuer: ${nameOf(row)}` : 'issuer: public'),
  );
  return [issuer, ...issuers, ...certificates].join('---\n');
}

/** Contents of all files below a folder. */
function textsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'))
    .join('\n');
}

const storedRows = (): ReadonlySet<Row> =>
  new Set(ROWS.filter((row) => existsSync(join(project.folder, `tls/${nameOf(row)}.crt`))));

function hasOrderKey(row: Row): boolean {
  const { order, order_key: path } = keptAfterFirst.get(row) ?? {};
  return order !== undefined && typeof path === 'string' && existsSync(join(project.folder, path));
}

beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 });
  project = acmeProject(authority, documents());
  const { list } = authority.acme.faults;
  for (const row of ROWS.filter(({ at }) => at !== 'validation'))
    list.push({
      endpoint: row.at,
      when: 'before',
      times: row.times ?? 1,
      only: (asked) => rowOf(asked) === row,
      answer: answerOf(row),
    });
  for (const endpoint of ['new-order', 'order', 'finalize', 'authz'])
    list.push({ endpoint, when: 'after', answer: learned });
  first = await fettle(project.folder, 'apply --yes');
  storedAfterFirst = storedRows();
  keptAfterFirst = new Map(
    await Promise.all(ROWS.map(async (row) => [row, await keptOf(project, addressOf(row))] as const)),
  );
  keyAfterFirst = new Set(ROWS.filter((row) => hasOrderKey(row)));
  second = await fettle(project.folder, 'apply --yes', { now: () => Date.now() + 3 * HOUR_MS });
  storedAtEnd = storedRows();
  texts = textsIn(join(project.folder, '.fettle'));
}, 120_000);
afterAll(() => authority.stop());

/** The status and the message of a row in the output of an apply; those of its Issuer if the account is at fault. */
function shown(row: Row, { stdout }: Done): string {
  return new RegExp(`^ *(?:failed|waiting) +${addressOf(row)} .*$`, 'mu').exec(stdout)?.[0].trim() ?? 'done';
}

const LOG_HAS_ORDER: ReadonlySet<Place> = new Set(['authz', 'challenge', 'finalize', 'order', 'certificate']);

describe('a problem', () => {
  test.each(ROWS)('$type ($status) at $at: $row', (row) => {
    const line = shown(row, first);
    expect(line.split(' ')[0]).toBe(row.row);
    const reason = row.type === '' || row.row === 'done' ? [] : [`because of ${row.type}`];
    for (const text of [...reason, ...(row.says ?? [])]) expect(line).toContain(text);
    expect(storedAfterFirst.has(row)).toBe(row.row === 'done');
    const kept = keptAfterFirst.get(row) ?? {};
    const isOpen = row.row !== 'done' && row.orders === 1 && LOG_HAS_ORDER.has(row.at);
    expect(['order', 'wait_until'].filter((name) => name in kept)).toEqual([
      ...(isOpen ? ['order'] : []),
      ...(row.row === 'waiting' ? ['wait_until'] : []),
    ]);
    expect(keyAfterFirst.has(row)).toBe(isOpen);
    expect([shown(row, second), storedAtEnd.has(row), ordersOf.get(row)]).toEqual(['done', true, row.orders]);
  });

  test('of each type has a row', () => {
    const types = [...Object.keys(REACTIONS), 'ofTheFuture'].sort();
    expect([...new Set(ROWS.map(({ type }) => type))].filter((type) => type !== '').sort()).toEqual(types);
  });

  test('puts no key, address of a script, control character or endless text into the log or a message', () => {
    for (const text of [texts, first.stdout, first.stderr, second.stdout, second.stderr]) {
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/PRIVATE KEY|javascript:|\u001b|\\u001b|\u202e|^::error|(?:long ){100}/mu);
    }
  });

  test('leaves no key of an order', () => {
    expect(readdirSync(join(project.folder, 'acme/account.key.orders'))).toEqual([]);
  });
});
