/**
 * Approval covers everything that is done: each attack gets a harmless plan approved, and then tries another action.
 */

import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import { TIMES } from '../../plugins/nodes/sandbox/timeline.ts';
import { digestOf } from '#plugin';
import type { Plan } from '../../src/formats/plan.ts';
import { certificateYaml, issuerYaml, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettle } from '../support/command-line.ts';
import { addressOf, applyToy, START, toyLog, toyWorld, wanted } from '../support/toy.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function project(files: Readonly<Record<string, string>>, config = 'name: shop\n'): string {
  const folder = temporaryFolder();
  writeFiles(folder, { '.git/HEAD': '', 'fettle.yaml': `${config}store: .fettle\n`, ...files });
  for (const name of Object.keys(files)) if (name.endsWith('.sh')) chmodSync(join(folder, name), 0o755);
  return folder;
}

async function planOf(folder: string, flags = '', env: Readonly<Record<string, string>> = {}): Promise<Plan> {
  const done = await fettle(folder, `plan --format json ${flags}`, { env });
  if (done.code !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout) as Plan;
}

const COMMANDS = 'plugins: { certificates: { commands: [[./push.sh, lb-1], [./after.sh]] } }\n';

const DEPLOY = `  deploy: { command: [./push.sh, lb-1] }\n`;

const BASE = {
  'desired/ca.yaml': issuerYaml,
  'desired/www.yaml': certificateYaml('www'),
  'push.sh': '#!/bin/sh\necho harmless > ran\n',
  'after.sh': '#!/bin/sh\necho after > ran\n',
};

/** Changes of an author after the approval: other files of the project. */
const CHANGED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another authority': { 'desired/ca.yaml': issuerYaml.replace('../ca', '../evil') },
  'another common name': { 'desired/ca.yaml': issuerYaml.replace('Test CA', 'Google Trust Services') },
  'other names': { 'desired/www.yaml': certificateYaml('www').replace('www.example.test', '"*.corp.example.test"') },
  'a longer validity': { 'desired/www.yaml': `${certificateYaml('www')}  validityDays: 3650\n` },
  'another place': { 'desired/www.yaml': certificateYaml('www').replace('../tls/www.crt', '../elsewhere.crt') },
  'another removal': { 'desired/www.yaml': certificateYaml('www', '{ onRemove: remove }') },
  'other labels': { 'desired/www.yaml': certificateYaml('www').replace('name: www', 'name: www, labels: { a: b }') },
  'a command': {
    'fettle.yaml': `name: shop\nstore: .fettle\n${COMMANDS}`,
    'desired/www.yaml': `${certificateYaml('www')}${DEPLOY}`,
  },
};

describe('a digest that was approved', () => {
  it.each(Object.entries(CHANGED))('is not that of %s, and nothing is done', async (_what, files) => {
    const folder = project(BASE);
    const { plan_digest: approved } = await planOf(folder);
    expect((await fettle(folder, 'plan -o plan.json')).code).toBe(0);
    writeFiles(folder, files);
    expect((await planOf(folder)).plan_digest).not.toBe(approved);
    const done = await fettle(folder, `apply --plan-digest ${approved}`);
    expect([done.code, existsSync(join(folder, 'tls')), existsSync(join(folder, 'ran'))]).toEqual([6, false, false]);
    const saved = await fettle(folder, 'apply plan.json');
    expect(saved.stderr).toContain('stale: certificates/');
    // The honest twin: the present plan, approved, is applied.
    const { plan_digest: now } = await planOf(folder);
    expect((await fettle(folder, `apply --plan-digest ${now}`)).code).toBe(0);
  });

  it('is the same for the same project elsewhere, in other files and with explicit defaults', async () => {
    const here = project(BASE);
    const www = `# a comment\n\n${BASE['desired/www.yaml']}  keyAlgorithm: ecdsa-p256\n`;
    const there = project({ 'desired/all.yaml': `${www}---\n${issuerYaml}` }, 'parallelism: 3\nname: shop\n');
    expect((await planOf(there)).plan_digest).toBe((await planOf(here)).plan_digest);
  });

  it('covers the commands of a step, in every format', async () => {
    const folder = project(
      { ...BASE, 'desired/www.yaml': `${certificateYaml('www')}${DEPLOY}` },
      `name: shop\n${COMMANDS}`,
    );
    for (const format of ['text', 'json', 'markdown']) {
      const { stdout } = await fettle(folder, `plan --format ${format}`);
      for (const shown of ['push.sh', 'lb-1', 'www.example.test', 'tls/www.key'])
        expect([format, stdout.replaceAll('&#46;', '.')]).toEqual([format, expect.stringContaining(shown)]);
    }
    const before = await planOf(folder);
    await fettle(folder, 'plan -o plan.json');
    writeFileSync(join(folder, 'push.sh'), '#!/bin/sh\necho PWNED > ran\n');
    expect((await planOf(folder)).plan_digest).not.toBe(before.plan_digest);
    expect((await fettle(folder, `apply --plan-digest ${before.plan_digest}`)).code).toBe(6);
    const saved = await fettle(folder, 'apply plan.json');
    expect(saved.stderr).toContain('content of a used file');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  describe('of a command line with a folder and a program of the repository', () => {
    const files = {
      ...BASE,
      'desired/www.yaml': `${certificateYaml('www')}  deploy: { command: [hooks-run, hooks] }\n`,
      'hooks/20-off': '#!/bin/sh\n',
      'scripts/push.sh': '#!/bin/sh\n',
      'scripts/lib/more': 'more\n',
      'bin/hooks-run': '#!/bin/sh\n',
    };
    const settings =
      'name: shop\nplugins: { certificates: { commands: [[hooks-run, hooks]], probe: { totalSeconds: 1 } } }\n';
    const made = (): string => {
      const folder = project(files, settings);
      symlinkSync('../scripts/push.sh', join(folder, 'hooks/10-push'));
      symlinkSync('../scripts/lib', join(folder, 'hooks/lib'));
      // Neither of them ends anywhere.
      symlinkSync('..', join(folder, 'hooks/all'));
      symlinkSync('.', join(folder, 'scripts/lib/again'));
      chmodSync(join(folder, 'bin/hooks-run'), 0o755);
      return folder;
    };
    const digestIn = async (folder: string): Promise<string | undefined> =>
      (await planOf(folder, '', { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` })).plan_digest;

    it.each<readonly [string, (folder: string) => void]>([
      ['the file that a link leads to', (folder) => writeFiles(folder, { 'scripts/push.sh': '#!/bin/sh\nid\n' })],
      ['a file of a folder that a link leads to', (folder) => writeFiles(folder, { 'scripts/lib/more': 'other\n' })],
      ['where a link leads', (folder) => symlinkSync('../scripts/lib/more', join(folder, 'hooks/30-more'))],
      ['that a file can be executed', (folder) => chmodSync(join(folder, 'hooks/20-off'), 0o755)],
      ['a program of PATH in the repository', (folder) => writeFiles(folder, { 'bin/hooks-run': '#!/bin/sh\nid\n' })],
    ])('covers %s', async (_what, change) => {
      const folder = made();
      const approved = await digestIn(folder);
      expect(approved).toMatch(/^sha256:/u);
      change(folder);
      expect(await digestIn(folder)).not.toBe(approved);
    });

    it('is the same in another folder', async () => {
      expect(await digestIn(made())).toBe(await digestIn(made()));
    });
  });

  it.each<readonly [string, string]>([
    ['an authority', 'spec: { localCa: { dir: ../hooks, commonName: Other CA } }'],
    [
      'a webroot',
      'spec: { acme: { directory: letsencrypt, accountKey: ../other.key, solvers: [{ http01: { webroot: ../hooks } }] } }',
    ],
  ])('covers a program in a folder in which %s has some files', async (_what, spec) => {
    const line = '[./hooks/push.sh]';
    const folder = project(
      {
        ...BASE,
        'desired/other.yaml': `apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: other }\n${spec}\n`,
        'desired/www.yaml': `${certificateYaml('www')}  deploy: { command: ${line} }\n`,
        'hooks/push.sh': '#!/bin/sh\necho harmless > ran\n',
      },
      `name: shop\nplugins: { certificates: { commands: [${line}] } }\n`,
    );
    const approved = (await planOf(folder)).plan_digest;
    writeFileSync(join(folder, 'hooks/push.sh'), '#!/bin/sh\necho PWNED > ran\n');
    expect((await planOf(folder)).plan_digest).not.toBe(approved);
    expect((await fettle(folder, `apply --plan-digest ${approved}`)).code).toBe(6);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('does not cover the files that steps write: a command line can name a folder that the run creates', async () => {
    const line = '[./push.sh, ca, tls]';
    const folder = project(
      { ...BASE, 'desired/www.yaml': `${certificateYaml('www')}  deploy: { command: ${line} }\n` },
      `name: shop\nplugins: { certificates: { commands: [${line}] } }\n`,
    );
    const approved = (await planOf(folder)).plan_digest;
    const done = await fettle(folder, `apply --plan-digest ${approved}`);
    expect([done.stderr, done.code]).toEqual(['', 0]);
    expect(readFileSync(join(folder, 'ran'), 'utf8')).toBe('harmless\n');
  });

  it('does not cover a file that is exchanged while the step runs: it is not run', async () => {
    const folder = project(
      {
        ...BASE,
        // The command before it is approved, and exchanges what comes after.
        'push.sh': '#!/bin/sh\necho "#!/bin/sh\necho PWNED > ran" > after.sh\n',
        'desired/www.yaml': `${certificateYaml('www')}${DEPLOY}  reload: { command: [./after.sh] }\n`,
      },
      `name: shop\n${COMMANDS}`,
    );
    const done = await fettle(folder, 'apply --yes', { env: { PATH: process.env['PATH'] ?? '' } });
    expect(done.stdout + done.stderr).toContain('after.sh has changed since the plan was created, so it was not run');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

/** Every change of a server is done in a millisecond. */
const AT_ONCE = Object.fromEntries(Object.keys(TIMES).map((change) => [change, 1]));
const SERVER = '{ serverType: cx23, image: debian-13, location: nbg1';

async function cloud(files: Readonly<Record<string, string>>): Promise<{
  readonly emulator: Emulator;
  readonly folder: string;
  readonly line: (line: string) => Promise<Done>;
}> {
  const emulator = await startEmulator({ times: AT_ONCE });
  closing.push(() => emulator.stop());
  const folder = project(
    files,
    `name: shop\nplugins: { nodes: { provider: { hetzner: { endpoint: "${emulator.endpoint}" } } } }\n`,
  );
  const env = {
    HCLOUD_TOKEN: emulator.tokens.readWrite,
    FETTLE_PROVIDER_ORIGINS: `HCLOUD_TOKEN=${new URL(emulator.endpoint).origin}`,
  };
  return { emulator, folder, line: (line) => fettle(folder, line, { env }) };
}

function nodeYaml(spec: string, lifecycle = ''): string {
  return `apiVersion: nodes/v1\nkind: Node\nmetadata: { name: web-1 }\n${lifecycle}spec: ${spec}\n`;
}

describe('servers', () => {
  it('are not created with user data that differs from the approved', async () => {
    const { emulator, folder, line } = await cloud({
      'desired/web.yaml': nodeYaml(`${SERVER}, userDataFile: ../init.yaml }`),
      'init.yaml': '#cloud-config\n',
    });
    const { plan_digest: approved } = JSON.parse((await line('plan --format json -o plan.json')).stdout) as Plan;
    expect((await line('plan')).stdout).toMatch(/sends init\.yaml sha256:/u);
    writeFileSync(join(folder, 'init.yaml'), '#cloud-config\nruncmd: [evil]\n');
    expect((await line(`apply plan.json --plan-digest ${approved}`)).code).toBe(6);
    expect((await line('apply plan.json')).code).toBe(6);
    expect(emulator.cloud().servers.size).toBe(0);
    writeFileSync(join(folder, 'init.yaml'), '#cloud-config\n');
    expect((await line(`apply plan.json --plan-digest ${approved}`)).code).toBe(0);
    expect(emulator.server('web-1').userData).toBe('#cloud-config\n');
  });

  it.each([
    ['ignored', 'lifecycle: { ignore: [/spec/serverType, /spec/upgradeDisk] }\n', 'cx23'],
    ['not ignored', '', 'cx53'],
  ])(
    'have the server type that is %s changed or not, in a step that turns them off',
    async (_what, lifecycle, type) => {
      const { emulator, line, folder } = await cloud({
        'desired/web.yaml': nodeYaml(`${SERVER}, workloads: { none: true } }`),
      });
      const made = await fetch(`${emulator.endpoint}/placement_groups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${emulator.tokens.readWrite}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'pg', type: 'spread' }),
      });
      expect([made.status, (await line('apply --yes')).code]).toEqual([201, 0]);
      const spec =
        '{ serverType: cx53, upgradeDisk: true, placementGroup: pg, image: debian-13, location: nbg1, workloads: { none: true } }';
      writeFiles(folder, { 'desired/web.yaml': nodeYaml(spec, lifecycle) });
      const planned = (await line('plan')).stdout;
      expect(planned).toContain('placementGroup: null → "pg"');
      expect(planned.includes('cx53')).toBe(type === 'cx53');
      expect(planned.includes('upgradeDisk: (none) → true')).toBe(type === 'cx53');
      const done = await line('apply --yes');
      expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('1 done')]);
      const { serverType, placementGroup } = emulator.server('web-1') as unknown as Record<string, unknown>;
      expect([JSON.stringify(emulator.requests()).includes('change_type'), placementGroup !== null]).toEqual([
        type === 'cx53',
        true,
      ]);
      expect(JSON.stringify(serverType ?? type)).toContain(type);
    },
  );
});

const KEPT = {
  'desired/ca.yaml': issuerYaml,
  'desired/www.yaml': certificateYaml('www', '{ protect: true, onRemove: remove }'),
};

async function orphan(): Promise<string> {
  const folder = project(KEPT);
  expect((await fettle(folder, 'apply --yes')).code).toBe(0);
  rmSync(join(folder, 'desired/www.yaml'));
  return folder;
}

describe('a plan file', () => {
  it('cannot bring its own override, even if well forged', async () => {
    const folder = await orphan();
    await fettle(folder, 'plan -o plan.json');
    const file = join(folder, 'plan.json');
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
    const [rejected] = plan.rejected_changes;
    if (rejected === undefined) throw new Error('nothing is rejected');
    const row = { ...rejected.resource_change, overrides: [{ rule: 'protected', reason: 'approved in review' }] };
    const { checksum: _checksum, plan_digest: _digest, ...rest } = plan;
    const { planDigest } = await import('../../src/formats/plan.ts');
    const forged = {
      ...rest,
      resource_changes: [row],
      rejected_changes: [],
      plan_digest: planDigest([row], plan.gaps, plan.causes),
    };
    writeFileSync(file, JSON.stringify({ ...forged, checksum: digestOf(forged) }));
    expect((await fettle(folder, 'show plan.json')).code).toBe(0);
    const done = await fettle(folder, 'apply plan.json');
    expect([done.code, done.stderr]).toEqual([
      6,
      expect.stringContaining('The plan overrides protected: use the same override'),
    ]);
    expect(existsSync(join(folder, 'tls/www.key'))).toBe(true);
  });

  it('is refused by show and apply if its digest does not match its rows', async () => {
    const folder = await orphan();
    await fettle(folder, 'plan -o plan.json');
    const file = join(folder, 'plan.json');
    const { checksum: _checksum, ...plan } = JSON.parse(readFileSync(file, 'utf8')) as Plan;
    const other = { ...plan, plan_digest: `sha256:${'0'.repeat(64)}` };
    writeFileSync(file, JSON.stringify({ ...other, checksum: digestOf(other) }));
    const shown = await fettle(folder, 'show plan.json');
    expect([shown.code, shown.stdout, shown.stderr]).toEqual([
      1,
      '',
      expect.stringContaining('does not match its rows'),
    ]);
    expect((await fettle(folder, 'apply plan.json')).code).toBe(6);
  });

  it.each([
    ['withdrawn', 0, false, 6],
    ['expired', 3_600_001, true, 6],
    ['still given', 0, true, 0],
  ])('has the override of fettle.yaml that is %s', async (_what, afterMs, isGiven, code) => {
    const folder = await orphan();
    const now = Date.now();
    const until = new Date(now + 3_600_000).toISOString();
    const override = { rule: 'protected', address: 'certificates/Certificate/www', until, reason: 'x' };
    const config = (overrides: readonly object[]): string =>
      `name: shop\nstore: .fettle\nsafety: { overrides: ${JSON.stringify(overrides)} }\n`;
    writeFiles(folder, { 'fettle.yaml': config([override]) });
    expect((await fettle(folder, 'plan -o plan.json')).code).toBe(0);
    writeFiles(folder, { 'fettle.yaml': config(isGiven ? [override] : []) });
    expect((await fettle(folder, 'apply plan.json', { now: () => Date.now() + afterMs })).code).toBe(code);
    expect(existsSync(join(folder, 'tls/www.key'))).toBe(code !== 0);
  });

  it('approves the lifecycle that it shows, and no other', async () => {
    const folder = project({ 'desired/ca.yaml': issuerYaml, 'desired/www.yaml': certificateYaml('www') });
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
    writeFiles(folder, { 'desired/www.yaml': certificateYaml('www', '{ protect: true }') });
    expect((await fettle(folder, 'plan -o plan.json')).code).toBe(0);
    writeFiles(folder, { 'desired/www.yaml': certificateYaml('www', '{ onRemove: remove }') });
    expect((await fettle(folder, 'apply plan.json')).code).toBe(6);
    expect((await fettle(folder, 'state show certificates/Certificate/www')).stdout).not.toMatch(
      /protect(ed)?:? *(true|yes)/u,
    );
  });
});

describe('an override of fettle.yaml', () => {
  it.each([
    ['is over when the action begins', 5000, 'stale'],
    ['still holds', 15_000, 'done'],
  ])('that %s', async (_what, forMs, status) => {
    let now = START;
    const log = toyLog(() => now);
    const world = toyWorld();
    await applyToy(world, [wanted('a', 2, { lifecycle: { protect: true } })], log, { now: () => now });
    const until = START + forMs;
    const overrides = [{ rule: 'protected', address: addressOf('a'), reason: 'x', until }];
    const { rows, reconciled } = await applyToy(world, [], log, {
      now: () => now,
      safety: { overrides, removals: { max: 10, share: 1, from: 100, perMs: 1000 } },
      between: () => {
        now += 10_000;
      },
    });
    expect(reconciled.actions.get(addressOf('a'))?.verdict).toBe('accept');
    expect(rows['a']?.status).toBe(status);
    expect(world.items.has('a')).toBe(status === 'stale');
  });
});
