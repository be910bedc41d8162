/** Words of a cluster that quote values: those at secret pointers are hidden, for any kind. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../plugins/fabric/live/answers.ts';
import { secretPointers } from '../../../plugins/fabric/objects/content.ts';
import { hideSecrets, publicWords } from '../../../plugins/fabric/objects/secret-words.ts';
import { clusterProject, definition, FABRIC, manifest } from './cluster.ts';

const SECRET = 'hunter2-correct-horse';

function invalid(message: string, causes: readonly object[] = []) {
  const body = JSON.stringify({ kind: 'Status', code: 422, reason: 'Invalid', message, details: { causes } });
  return refusalOf({ status: 422, contentType: 'application/json', body });
}

const one = (field: string, message: string) =>
  invalid(`Vault.example.com "a" is invalid: ${field}: ${message}`, [{ reason: 'FieldValueInvalid', field, message }]);

describe('a refusal', () => {
  it.each([
    ['of the secret', 'spec.password', 'Invalid value: "abc": spec.password in body should match \'^x+$\''],
    ['of a part of it', 'spec.password.hash[0]', 'Invalid value: "abc": too short'],
    ['of a member with a dot in its name', 'spec.password[a.b]', 'Unsupported value: "abc": supported values: "x"'],
    ['of what is around it', 'spec', 'Invalid value: map[string]interface {}{"password":"abc"}: not allowed'],
  ])('%s does not quote it', (_of, field, message) => {
    const words = publicWords(one(field, message), { pointers: ['/spec/password'], holders: [] });
    expect(words).not.toContain('abc');
    expect(words).toMatch(/^Vault\.example\.com "a" is invalid: spec\S*: (?:Invalid|Unsupported) value: \(hidden\)$/u);
  });

  it.each([
    ['of another field', 'spec.passwords', 'Invalid value: "abc": too short'],
    ['of a rule over the object', 'spec', 'Invalid value: "object": set user or password'],
  ])('%s keeps its words', (_of, field, message) => {
    const refusal = one(field, message);
    expect(publicWords(refusal, { pointers: ['/spec/password'], holders: [] })).toBe(refusal.words);
  });

  it.each([
    ['plain', SECRET],
    ['quoted', JSON.stringify(`${SECRET}"\n`)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
  ])('that quotes a known value %s does not show it, wherever it is in the text', (_how, quoted) => {
    const holders = [{ spec: { users: [{ password: SECRET }, { password: `${SECRET}"\n` }] } }];
    for (const filler of ['', 'x'.repeat(990)]) {
      const words = publicWords(invalid(`${filler} the value ${quoted} is weak`), {
        pointers: ['/spec/users'],
        holders,
      });
      expect(words).not.toContain(quoted.slice(0, 6));
    }
  });

  it('hides the decoded data of a Secret too', () => {
    const data = { token: Buffer.from(SECRET).toString('base64') };
    const secrets = { pointers: secretPointers('Secret'), holders: [{ data }] };
    expect(hideSecrets(`weak: ${SECRET} (${data.token})`, secrets)).toBe('weak: (hidden) ((hidden))');
  });
});

describe('a plan and an apply', () => {
  const fabric = `${FABRIC.trimEnd().replace(/ \}$/u, ', secrets: [{ kind: VPC, pointer: /spec/password }] }')}\n`;
  const files = { 'desired/fabric.yaml': fabric, 'desired/vpc.yaml': manifest('VPC', 'a', '{ size: 1 }') };
  const typed = definition('vpc.githedgehog.com', 'v1beta1', 'VPC', 'vpcs');
  const schema = (password: object) => {
    const text = JSON.stringify(typed);
    const spec = {
      type: 'object',
      properties: { size: { type: 'integer' }, password: { type: 'string', ...password } },
    };
    return JSON.parse(text, (key, value: unknown) =>
      key === 'spec' &&
      text.includes('openAPIV3Schema') &&
      typeof value === 'object' &&
      value !== null &&
      'x-kubernetes-preserve-unknown-fields' in value
        ? spec
        : value,
    ) as typeof typed;
  };
  const password = (value: string) => ({
    group: 'vpc.githedgehog.com',
    kind: 'VPC',
    mutating: {
      name: 'mvpc.kb.io',
      change: (object: object) =>
        ({ ...object, spec: { ...(object as { readonly spec: object }).spec, password: value } }) as never,
    },
  });

  it('hide a value that the schema refuses at a secret pointer', async () => {
    const options = { definitions: [schema({ pattern: '^[a-z]+$' })], hooks: [password(SECRET)] };
    const project = await clusterProject(files, options);
    const plan = await project.plan();
    const [rejected] = plan.rejected_changes;
    expect(rejected?.reasons[0]?.message).toContain('spec.password: Invalid value: (hidden)');
    for (const line of ['plan', 'plan --format json', 'plan --format markdown', 'explain fabric/VPC/prod/default/a']) {
      const { stdout, stderr } = await project.run(line);
      expect(stdout + stderr).not.toContain(SECRET);
    }
  });

  it('hide a value of the object that a webhook quotes, in a plan and a removal', async () => {
    const weak = {
      group: 'vpc.githedgehog.com',
      kind: 'VPC',
      validating: {
        name: 'vvpc.kb.io',
        operations: ['UPDATE', 'DELETE'] as const,
        judge: ({ before }: { readonly before?: object | undefined }) => ({
          refusal: `the password ${String((before as { readonly spec?: { readonly password?: string } }).spec?.password)} is weak`,
          warnings: [`the password ${SECRET} is old`],
        }),
      },
    };
    const project = await clusterProject(files, { definitions: [schema({})], hooks: [weak] });
    await project.run('apply --yes');
    const object = project.emulator.cluster.get('VPC', 'a');
    const stored = { ...object, spec: { size: 1, password: SECRET } } as never;
    project.emulator.store.put('vpcs.vpc.githedgehog.com', 'default/a', stored);
    project.write({ 'desired/vpc.yaml': manifest('VPC', 'a', '{ size: 2 }') });
    const { stdout } = await project.run('plan');
    expect(stdout).toContain('vvpc.kb.io: the password (hidden) is weak');
    expect(stdout).not.toContain(SECRET);
    project.write({ 'desired/vpc.yaml': manifest('SwitchGroup', 'a', '{}') });
    const removal = await project.run('plan');
    expect(removal.stdout).toContain('the password (hidden) is weak');
    expect(removal.stdout).not.toContain(SECRET);
  });

  it('hide a value whose pointer the document no longer names, until a row has dropped the pointer', async () => {
    const project = await clusterProject(files, { definitions: [schema({})], hooks: [] });
    await project.run('apply --yes');
    const object = project.emulator.cluster.get('VPC', 'a');
    const stored = { ...object, spec: { size: 1, password: SECRET } } as never;
    project.emulator.store.put('vpcs.vpc.githedgehog.com', 'default/a', stored);
    project.write({
      'desired/fabric.yaml': FABRIC,
      'desired/vpc.yaml': manifest('VPC', 'a', '{ size: 2, password: x }'),
    });
    const plan = await project.run('plan --detail');
    expect(plan.stdout).toContain('secrets: [{"kind":"VPC","pointer":"/spec/password"}] → []');
    expect(plan.stdout).toContain('spec.password: (secret, changed)');
    const json = await project.run('plan --format json');
    expect(plan.stdout + plan.stderr + json.stdout).not.toContain(SECRET);
  });

  it('hide a value that a webhook quotes only in the real step', async () => {
    const strict = {
      group: 'vpc.githedgehog.com',
      kind: 'VPC',
      validating: {
        name: 'vvpc.kb.io',
        operations: ['UPDATE'] as const,
        judge: ({ dryRun }: { readonly dryRun: boolean }) => (dryRun ? {} : { refusal: `${SECRET} is too old` }),
      },
    };
    const project = await clusterProject(files, { definitions: [schema({})], hooks: [strict, password(SECRET)] });
    await project.run('apply --yes');
    project.write({ 'desired/vpc.yaml': manifest('VPC', 'a', '{ size: 2 }') });
    const { stdout, stderr } = await project.run('apply --yes', 7);
    expect(stdout + stderr).toContain('vvpc.kb.io: (hidden) is too old');
    const store = join(project.folder, '.fettle');
    const recorded = globSync('**/*', { cwd: store, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('');
    expect(recorded).toContain('(hidden) is too old');
    expect(stdout + stderr + recorded).not.toContain(SECRET);
  });
});
