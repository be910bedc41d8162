/** Arbitrary texts for the tests of loading: almost YAML, and documents with edits. */

import { domain } from './files.ts';
import fc from '../../support/property.ts';

const pieces = [
  '- ',
  '-',
  '? ',
  ': ',
  ':',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '#c',
  ' # c\n',
  '\n',
  '\n\n',
  '  ',
  ' ',
  '\t',
  '&a ',
  '*a',
  '!t ',
  '!!str ',
  '!!int ',
  '|\n',
  '>-\n',
  '|2+\n',
  '---\n',
  '--- ',
  '...\n',
  '%YAML 1.2\n',
  '%YAML 1.1\n',
  '%TAG ! x\n',
  'a',
  'b',
  'a: ',
  'b: ',
  'a: b\n',
  '  c: d\n',
  '\r\n',
  '\r',
  '\ufeff',
  '\\',
  '\\x',
  'null',
  'true',
  '1',
  '0x1F',
  '1e3',
  '.nan',
  '9007199254740993',
  '<<: ',
  '__proto__: ',
  'constructor: ',
  '${env:A}',
  '日本',
  '😀',
  '\u0001',
  '\u0000',
  '\ud800',
  '~',
  '=',
  '@',
  '`',
  '%',
];
/** Texts that are almost YAML. */
export const yamlish = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 200, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.json() },
);

/** Three documents without an error. */
export const valid = [
  domain('a', 'host: a.test', 'port: 8443', 'trust: [./ca.crt, "./b c.crt"]'),
  'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: test-ca, labels: { a: "1" } }\nspec: { localCa: { dir: ./ca, commonName: "Example: test CA" } }\n',
  'apiVersion: certificates/v1\nkind: Certificate\nmetadata:\n  name: www\n  dependsOn:\n    - certificates/Issuer/test-ca\nlifecycle: { protect: true, ignore: [/spec/validityDays] }\nspec:\n  issuer: test-ca\n  dnsNames: &names\n    - www.example.test\n    - example.test\n  storage:\n    file:\n      certificate: >-\n        ./tls/www.crt\n      key: ./tls/www.key\n',
].join('---\n');

/** A text with parts removed, inserted or moved. */
export const mutated = fc
  .array(fc.record({ at: fc.nat(valid.length), remove: fc.nat(12), insert: fc.constantFrom('', ...pieces) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((edits) =>
    edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), valid),
  );
