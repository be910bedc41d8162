/**
 * PEM parsing agrees with other readers: OpenSSL in this process and as a program, nginx and haproxy read the same
 * files.
 */

import type { X509Certificate } from 'node:crypto';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../../plugins/certificates/live/pem.ts';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { readChain, readKey } from '../../../plugins/certificates/live/x509-read.ts';
import { openssl } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';
import fc from '../../support/property.ts';

const now = Date.now();
const authorityKeys = await makeKeys('ecdsa-p256');
const authority = await makeAuthority('Test CA', authorityKeys, now);
const keys = await makeKeys('ecdsa-p256');
const leaf = await makeLeaf({
  dnsNames: ['www.example.test'],
  validityDays: 90,
  keys,
  signer: { certificate: authority, key: authorityKeys.privateKey },
  now,
});
const L = leaf.toString();
const C = authority.toString();
const key = keyPem(keys.privateKey);
const [, body = ''] = /-----BEGIN CERTIFICATE-----\n([^-]*)-----END/u.exec(L) ?? [];
const certificate = (inner: string, label = 'CERTIFICATE'): string =>
  `-----BEGIN ${label}-----\n${inner}-----END ${label}-----\n`;
const withTail = ({ raw }: X509Certificate, tail: readonly number[]): string =>
  certificate(
    Buffer.concat([raw, Buffer.from(tail)])
      .toString('base64')
      .replaceAll(/.{1,64}/gu, '$&\n'),
  );
const inOneLine = `${body.replaceAll('\n', '')}\n`;
const wrapped = (width: number): string =>
  body.replaceAll('\n', '').replaceAll(new RegExp(`.{1,${width}}`, 'gu'), '$&\n');

/**
 * A text in place of a server's certificate, with the number of certificates that OpenSSL reads of it; `refused` if it
 * refuses the file.
 */
const TEXTS: readonly (readonly [string, string, number | 'refused'])[] = [
  ['a certificate and its chain', L + C, 2],
  ['text before, between and behind', `subject=x\n${L}# the authority\n${C}\nbye`, 2],
  ['line ends of DOS', (L + C).replaceAll('\n', '\r\n'), 2],
  ['line ends of DOS in one of them', L.replaceAll('\n', '\r\n') + C, 2],
  ['carriage returns alone', (L + C).replaceAll('\n', '\r'), 'refused'],
  ['blanks at the ends of lines', (L + C).replaceAll('\n', ' \t \n'), 2],
  ['blanks before a begin line', ` ${L}${C}`, 1],
  ['text before a begin line', `x${L}${C}`, 1],
  ['blanks before an end line', L.replace('-----END', ' -----END') + C, 1],
  ['blanks before every line of base64', certificate(body.replaceAll(/^/gmu, '  ').trimEnd() + '\n') + C, 2],
  ['a byte order mark', `\u00ef\u00bb\u00bf${L}${C}`, 2],
  ['a byte order mark before each of them', `\u00ef\u00bb\u00bf${L}\u00ef\u00bb\u00bf${C}`, 2],
  ['a no-break space behind a begin line', L.replace('CERTIFICATE-----\n', 'CERTIFICATE-----\u00c2\u00a0\n') + C, 2],
  ['no line end at the end', (L + C).trimEnd(), 2],
  ['no line end between them', L.trimEnd() + C, 'refused'],
  ['no line end between them, in the chain', L + C.trimEnd() + C, 'refused'],
  ['a blank between them instead of a line end', `${L.trimEnd()} ${C}`, 'refused'],
  ['text behind an end line', `${L.trimEnd()}x\n${C}`, 'refused'],
  ['text behind a begin line', L.replace('CERTIFICATE-----\n', 'CERTIFICATE-----x\n') + C, 1],
  ['too few hyphens at an end line', L.trimEnd().slice(0, -1) + '\n' + C, 'refused'],
  ['another label at an end line', L.replace('END CERTIFICATE', 'END X509 CERTIFICATE') + C, 'refused'],
  ['a certificate that does not end', L.slice(0, 200), 'refused'],
  ['a chain that does not end', L + C.slice(0, 200), 'refused'],
  ['a begin line alone at the end', `${L}-----BEGIN CERTIFICATE-----\n`, 'refused'],
  ['an end line alone', `-----END CERTIFICATE-----\n${L}`, 1],
  ['two begin lines', `-----BEGIN CERTIFICATE-----\n${L}`, 'refused'],
  ['base64 in one line', certificate(inOneLine), 1],
  ['base64 in lines of 76', certificate(wrapped(76)), 1],
  ['base64 in lines of 254', certificate(wrapped(254)), 1],
  ['base64 in lines of 1', certificate(wrapped(1)), 1],
  ['an empty line before the base64', certificate(`\n${body}`), 1],
  ['an empty line before base64 in lines of 76', certificate(`\n${wrapped(76)}`), 'refused'],
  ['an empty line behind the base64', certificate(`${body}\n`), 'refused'],
  ['an empty line within the base64', certificate(body.replace('\n', '\n\n')), 'refused'],
  ['two empty lines before the base64', certificate(`\n\n${body}`), 'refused'],
  ['a header', certificate(`X-Note: one\n\n${body}`), 'refused'],
  ['a header without an empty line', certificate(`X-Note: one\n${body}`), 'refused'],
  [
    'an encrypted header',
    certificate(`Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n${body}`),
    'refused',
  ],
  ['a letter that is not base64', certificate(body.replace('M', '*')), 'refused'],
  ['base64 that is cut short', certificate(`${body.trimEnd().slice(0, -1)}\n`), 'refused'],
  ['a comment within the base64', certificate(`# x\n${body}`), 'refused'],
  ['X509 CERTIFICATE', certificate(body, 'X509 CERTIFICATE') + C, 2],
  ['TRUSTED CERTIFICATE, the first one', certificate(body, 'TRUSTED CERTIFICATE') + C, 2],
  ['TRUSTED CERTIFICATE, not the first one', L + C.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'), 1],
  ['lower case', L.toLowerCase(), 'refused'],
  ['the key before them', key + L + C, 2],
  ['the key behind them', L + C + key, 2],
  ['parameters before them', `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${L}`, 1],
  ['a key that does not end behind them', L + C + key.slice(0, 100), 'refused'],
  ['something else that is not base64 before them', `-----BEGIN X-----\n***\n-----END X-----\n${L}`, 'refused'],
  ['a public key before them', `${keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()}${L}`, 1],
  ['nothing', '', 'refused'],
  ['DER', leaf.raw.toString('latin1'), 'refused'],
  ['the same certificate twice', L + L, 2],
  ['a byte behind the certificate in its base64', `${withTail(leaf, [0])}${C}`, 'refused'],
  ['trust settings behind the certificate in its base64', `${withTail(leaf, [0x30, 0])}${C}`, 2],
  ['a byte behind the authority in its base64', `${L}${withTail(authority, [0])}`, 2],
];

/** True if OpenSSL loads a text as the file of a server's certificate and its chain. */
function loads(text: string): boolean {
  try {
    createSecureContext({ cert: Buffer.from(text, 'latin1') });
    return true;
  } catch {
    return false;
  }
}

function verdict(text: string): number | 'refused' {
  const { certificates, problem } = readChain(text);
  return problem === undefined ? certificates.length : 'refused';
}

const run = promisify(execFile);

async function accepts(program: string, args: readonly string[]): Promise<boolean> {
  const running = run(program, args, { timeout: 20_000 });
  // No input if it asks for a password.
  running.child.stdin?.end();
  return running.then(
    () => true,
    () => false,
  );
}

describe('a text with a certificate and its chain', () => {
  test.each(TEXTS)('%s: as OpenSSL reads it', (_name, text, expected) => {
    expect(verdict(text)).toBe(expected);
    // A file of which only the chain was read has another certificate in first place, and still loads.
    expect(loads(text)).toBe(expected !== 'refused');
  });

  test.each(TEXTS.filter(([, , expected]) => expected !== 'refused'))(
    '%s: as many as the openssl program finds',
    (_name, text, expected) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'www.crt'), text, 'latin1');
      // Only this program counts a certificate with trust settings in every position.
      const more = _name === 'TRUSTED CERTIFICATE, not the first one' ? 1 : 0;
      const bundle = openssl(folder, 'crl2pkcs7 -nocrl -certfile www.crt -outform PEM');
      writeFileSync(join(folder, 'bundle'), bundle);
      const listed = openssl(folder, 'pkcs7 -in bundle -print_certs -noout');
      expect(listed.match(/^subject/gmu)?.length).toBe((expected as number) + more);
    },
  );

  test('nginx and haproxy load each usable text, and no other', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'www.key'), key);
    const verdicts = await Promise.all(
      TEXTS.map(async ([name, text], i) => {
        // Both check that the key belongs to the first certificate that they read.
        const first = readChain(text).certificates[0];
        const isOurs = first?.checkPrivateKey(keys.privateKey) === true;
        const usable = verdict(text) !== 'refused' && isOurs;
        writeFileSync(join(folder, `${i}.crt`), text, 'latin1');
        writeFileSync(join(folder, `${i}.crt.key`), key);
        writeFileSync(
          join(folder, `${i}.conf`),
          `error_log ${folder}/logs/${i}; pid ${folder}/${i}.pid; events {} http { access_log off; server { listen 127.0.0.1:65535 ssl; ssl_certificate ${folder}/${i}.crt; ssl_certificate_key ${folder}/www.key; } }`,
        );
        writeFileSync(
          join(folder, `${i}.cfg`),
          `defaults\n timeout client 1s\n timeout connect 1s\n timeout server 1s\nfrontend a\n mode http\n bind 127.0.0.1:65535 ssl crt ${folder}/${i}.crt\n`,
        );
        const nginx = await accepts('nginx', ['-t', '-q', '-p', folder, '-c', `${folder}/${i}.conf`]);
        const haproxy = await accepts('haproxy', ['-c', '-q', '-f', `${folder}/${i}.cfg`]);
        return { name, usable, isOurs, nginx, haproxy };
      }),
    );
    expect(verdicts.filter(({ usable, nginx }) => nginx !== usable)).toEqual([]);
    // haproxy also accepts a key in the same file, and then reads that one alone.
    const alone = verdicts.filter(({ name }) => !name.includes('key'));
    // If only the chain is broken, it drops the rest of the file silently.
    expect(alone.filter(({ isOurs, haproxy }) => haproxy !== isOurs)).toEqual([]);
  });

  /** A certificate whose dates are not dates: the only content that is judged with the text, and OpenSSL does not. */
  const UNDATED = 'has a certificate without a proper validity';

  test('without a date in its validity is not usable, although OpenSSL loads it: its end is unknown', () => {
    const undated = ({ raw }: X509Certificate): string => {
      const bytes = Buffer.from(raw);
      // The month of the beginning, in the first UTCTime of 13 bytes of the validity, a sequence of 30 bytes.
      bytes.write('99', bytes.indexOf(Buffer.from([0x30, 30, 0x17, 13])) + 6, 'latin1');
      return certificate(bytes.toString('base64').replaceAll(/.{1,64}/gu, '$&\n'));
    };
    for (const text of [undated(leaf) + C, L + undated(authority)])
      expect([loads(text), readChain(text).problem]).toEqual([true, UNDATED]);
  });

  const mutation = fc.record({
    at: fc.nat((L + C).length),
    cut: fc.nat(80),
    put: fc.oneof(
      fc.constantFrom(
        '',
        '\n',
        '\r\n',
        '\r',
        ' ',
        '-',
        '=',
        ':',
        '-----',
        '-----BEGIN CERTIFICATE-----',
        '-----END CERTIFICATE-----',
        '\n\n',
        '\u00a0',
        '\u00ef\u00bb\u00bf',
        'A'.repeat(300),
      ),
      fc.string({ maxLength: 5 }),
    ),
  });

  test('with any change is usable exactly if OpenSSL loads it', () => {
    let [usable, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.boolean(), (mutations, isBound) => {
        let text = `# head\n${L}${C}`;
        for (const { at, cut, put } of mutations) {
          // Near a line boundary, more can go wrong.
          const from = isBound ? text.lastIndexOf('\n', at) + 1 : at;
          text =
            text.slice(0, from) + Buffer.from(put).toString('latin1') + text.slice(from + (isBound ? cut % 3 : cut));
        }
        // A text with NUL is skipped.
        text = text.replaceAll('\0', '');
        const { certificates, problem } = readChain(text);
        // Base64 content is outside of PEM: a certificate with a damaged key or signature can still parse.
        fc.pre(certificates.every((each) => each.raw.equals(leaf.raw) || each.raw.equals(authority.raw)));
        fc.pre(problem !== UNDATED);
        const expected = loads(text);
        expect([text, problem === undefined && certificates.length > 0]).toEqual([text, expected]);
        if (expected) usable += 1;
        else refused += 1;
      }),
      { numRuns: 1500 },
    );
    // Both results occur often.
    expect(Math.min(usable, refused)).toBeGreaterThan(100);
  });
});

describe('a text with a private key', () => {
  const begun = '-----BEGIN PRIVATE KEY-----';
  const keyTexts: readonly (readonly [string, string])[] = [
    ['a key', key],
    ['line ends of DOS', key.replaceAll('\n', '\r\n')],
    ['behind certificates', L + C + key],
    ['before a block that does not end', key + L.slice(0, 100)],
    ['text before its begin line', `x${key}`],
    ['text behind its end line', `${key.trimEnd()}x\n`],
    ['a key that does not end', key.slice(0, 100)],
    ['two begin lines', `${begun}\n${key}`],
    ['parameters before it', `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key}`],
    ['an empty line before the base64', key.replace(`${begun}\n`, `${begun}\n\n`)],
    ['a byte order mark', `\u00ef\u00bb\u00bf${key}`],
    ['SEC1', keys.privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
  ];

  test.each(keyTexts)('%s: as OpenSSL reads it', (_name, text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'www.key'), text, 'latin1');
    const asked = spawnSync('openssl', ['pkey', '-in', join(folder, 'www.key'), '-noout', '-passin', 'pass:']);
    expect('key' in readKey(text)).toBe(asked.status === 0);
  });

  // OpenSSL 3.0 takes such a text at few of its lengths, and refuses the others.
  test('behind a certificate without a line end: refused', () => {
    expect('key' in readKey(L.trimEnd() + key)).toBe(false);
  });
});

describe('blocks', () => {
  const block = (label: string, inner = 'AAAA'): string =>
    `-----BEGIN ${label}-----\n${inner}\n-----END ${label}-----\n`;
  const messagesOf = (text: string): readonly string[] =>
    [...blocksOf(text)].map((each) => (each.kind === 'block' ? each.label : each.problem));

  test.each<readonly [string, readonly string[]]>([
    ['', []],
    [block('A'), ['A']],
    [`x${block('A')}y\n${block('EC B')}\n`, ['EC B']],
    ['-----BEGIN A-----', ['has a A that begins in line 1 and does not end']],
    ['-----BEGIN ', []],
    ['-----END A----------BEGIN A-----', []],
    [
      `\n${block('A').trimEnd()}${block('A')}`,
      [
        'has a A that begins in line 2 and has in line 4 an end line with other text on it; `-----END A-----` must be alone on its line',
      ],
    ],
    [`-----BEGIN \u001b[31m-----\n`, ['has a block that begins in line 1 and does not end']],
  ])('%j: %j', (text, expected) => {
    expect(messagesOf(text)).toEqual(expected);
  });

  test('are found in linear time, for any number of beginnings', () => {
    const steps = (count: number): number => {
      const text = `${'x-----BEGIN CERTIFICATE-----\n'.repeat(count)}${'-----BEGIN X-----\n'.repeat(count)}`;
      const began = process.cpuUsage();
      expect(messagesOf(text)).toHaveLength(1);
      const { user, system } = process.cpuUsage(began);
      return user + system;
    };
    steps(1000);
    // Forty thousand beginnings are 1.8 MB: a search to the end from each of them would take minutes.
    expect(steps(40_000)).toBeLessThan(5_000_000);
  });
});
