/** Text of servers and documents in every output format: no command of a CI runner, no invisible character. */

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';

const SUBJECT =
  '/CN=##vso[task.setvariable variable=D]evil/O=##[set-output name=digest]a\u202eb\u200bc/OU=::add-mask::x';
const FORBIDDEN =
  /##[a-z]*\[|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|^\s*::[a-z]/mu;

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = temporaryFolder();
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '9',
    '-utf8',
  ];
  const files = ['-subj', SUBJECT, '-keyout', join(folder, 'k.pem'), '-out', join(folder, 'c.pem')];
  execFileSync('openssl', [...args, ...files], { stdio: 'ignore' });
  server = createServer({ key: readFileSync(join(folder, 'k.pem')), cert: readFileSync(join(folder, 'c.pem')) });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  writeFiles(folder, {
    'fettle.yaml': 'name: t\nstore: .fettle\n',
    'desired/a.yaml': `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: evil }\nspec: { host: www.example.test, address: 127.0.0.1, port: ${port} }\n`,
  });
});

afterAll(() => {
  server.close();
});

describe('a certificate whose subject commands the runner and turns the line around', () => {
  it.each([
    ...['plan', 'drift', 'explain certificates/Domain/evil'].flatMap((command) =>
      ['text', 'markdown', 'json'].map((format) => `${command} --format ${format}`),
    ),
    'plan --json',
    'drift --json',
    'plan --detail --color=never',
  ])('%s prints it as data', async (line) => {
    const { code, stdout, stderr } = await fettle(folder, ...line.split(' '));
    expect([0, 2]).toContain(code);
    // The subject is there, and not as it came.
    expect(stdout).toContain('task.setvariable variable=D');
    expect(stdout).not.toMatch(FORBIDDEN);
    expect(stderr).not.toMatch(FORBIDDEN);
    // As JSON it is what the server said, once it is parsed.
    if (line.endsWith('--format json')) expect(JSON.stringify(JSON.parse(stdout))).toContain('##vso[task.setvariable');
  });
});

describe('documents that command the runner', () => {
  it.each([
    ['a line that is quoted', 'a.yaml', 'kind: Domain\nbad: ##[set-output name=x]y\n'],
    ['a value', 'a.yaml', 'apiVersion: certificates/v1\nkind: "##vso[task.setvariable variable=D]x"\n'],
    ['a key', 'a.yaml', '"##[add-mask]\u202ex": 1\n'],
    ['a file name', '##[set-output name=x]\u202ey.yaml', 'nothing: here\n'],
    ['a line of its own in a value', 'a.yaml', 'apiVersion: certificates/v1\nkind: "\\n::set-output name=a::b"\n'],
  ])('in %s are problems that show codes', async (_name, file, text) => {
    const own = temporaryFolder();
    try {
      writeFiles(own, { 'fettle.yaml': 'name: t\n', [`desired/${file}`]: text });
      for (const line of ['validate', 'validate --color=always', 'plan --json']) {
        const { code, stdout, stderr } = await fettle(own, ...line.split(' '));
        const all = (stdout + stderr).replaceAll(/\u001b\[(?:1|2|22|31|33|36|39)m/gu, '');
        expect([code, all.length > 20]).toEqual([1, true]);
        expect(all).not.toMatch(FORBIDDEN);
      }
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });

  it('on the command line are quoted as codes too', async () => {
    const line = ['plan', '--target', '##[set-output name=x]\u202ey', '--exclude', '::add-mask::x'];
    const { code, stderr } = await fettle(folder, ...line);
    expect([code, stderr]).toEqual([1, expect.stringContaining('set-output name=x')]);
    expect(stderr).not.toMatch(FORBIDDEN);
    expect((await fettle(folder, '##vso[x]\u202e')).stderr).not.toMatch(FORBIDDEN);
  });
});
