/** Files of trust anchors: those with anchors, and the messages for those without. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAnchors } from '../../../plugins/certificates/live/trust.ts';
import { keyPemOf, makeCertificate } from './chain-maker.ts';
import { openssl } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const root = await makeCertificate({ name: 'Root', ca: true }, Date.now());
const other = await makeCertificate({ name: 'Other', ca: true }, Date.now());

const bundle = (folder: string, form: string): Buffer => {
  writeFileSync(join(folder, 'root.crt'), root.pem);
  openssl(folder, 'crl2pkcs7 -nocrl -certfile root.crt -out bundle -outform', form);
  return readFileSync(join(folder, 'bundle'));
};

const FILES: readonly (readonly [string, (folder: string) => string | Buffer, number, string | undefined])[] = [
  ['a certificate', () => root.pem, 1, undefined],
  ['several', () => `# anchors\n${root.pem}${other.pem}`, 2, undefined],
  ['with settings of trust', () => root.pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'), 1, undefined],
  ['next to a key', () => keyPemOf(root) + root.pem, 1, undefined],
  [
    'in DER form',
    () => root.certificate.raw,
    0,
    'is in DER form, not PEM; convert it: openssl x509 -inform DER -in anchors.cer -out anchors.cer.pem',
  ],
  ['a private key', () => keyPemOf(root), 0, 'holds a private key, and no certificate'],
  ['empty', () => '', 0, 'is empty'],
  ['blanks', () => '\n \n', 0, 'is empty'],
  ['YAML', () => 'trust: [a]\n', 0, 'has no certificate in it'],
  [
    'a bundle of PKCS#7',
    (folder) => bundle(folder, 'PEM'),
    0,
    'is a PKCS#7 bundle; convert it: openssl pkcs7 -print_certs -in anchors.cer -out anchors.cer.pem',
  ],
  ['a bundle of PKCS#7 in DER form', (folder) => bundle(folder, 'DER'), 0, 'is in a binary form, not PEM'],
  ['one that is cut', () => root.pem.slice(0, 100), 0, 'has a CERTIFICATE that begins in line 1 and does not end'],
  [
    'a second one that is cut',
    () => root.pem + other.pem.slice(0, 100),
    1,
    `has a CERTIFICATE that begins in line ${root.pem.split('\n').length} and does not end`,
  ],
];

test.each(FILES)('%s: %#', async (_name, content, count, problem) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'anchors.cer'), content(folder));
  const { anchors, problems } = await readAnchors(folder, ['anchors.cer']);
  expect(anchors.map(({ file }) => file)).toEqual(Array.from({ length: count }, () => 'anchors.cer'));
  expect(problems).toEqual(problem === undefined ? [] : [{ file: 'anchors.cer', problem, missing: false }]);
});

test('a missing file, or a folder, is reported for each', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'k'));
  writeFileSync(join(folder, 'good.crt'), root.pem);
  expect(await readAnchors(folder, ['k', 'none.crt', 'good.crt'])).toMatchObject({
    anchors: [{ file: 'good.crt' }],
    problems: [
      { file: 'k', problem: 'is a directory', missing: false },
      { file: 'none.crt', problem: 'is missing', missing: true },
    ],
  });
});

test('a name with shell syntax is not in a suggested command', async () => {
  const folder = temporaryFolder();
  const file = 'a; touch b';
  writeFileSync(join(folder, file), root.certificate.raw);
  const { problems } = await readAnchors(folder, [file]);
  expect(problems[0]?.problem).toContain('-in FILE -out FILE.pem');
});
