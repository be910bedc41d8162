/**
 * Untrusted stores: of another project, from the repository, or writable by other users.
 * Every command that reads the store refuses it, and uses it once the fault is fixed.
 */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { certificateYaml, issuerYaml, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettleHere, fettleWith } from '../support/command-line.ts';

let root: string;
/** The project, a git repository, applied once. */
let folder: string;
beforeEach(async () => {
  root = temporaryFolder();
  folder = join(root, 'shop');
  writeProject(folder, 'name: shop\nstore: .fettle\n');
  git('init', '-q');
  expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
});
function writeProject(at: string, config: string): void {
  writeFiles(at, {
    'fettle.yaml': config,
    'desired/ca.yaml': issuerYaml,
    'desired/www.yaml': certificateYaml('www', '{ onRemove: remove }'),
  });
}

function git(...args: readonly string[]): void {
  execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
}

function fettleIn(at: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Done> {
  return fettleWith(env, at, ...args);
}

function fettle(...args: readonly string[]): Promise<Done> {
  return fettleIn(folder, args);
}

const READERS: readonly (readonly string[])[] = [
  ['plan'],
  ['drift'],
  ['explain', 'certificates/Certificate/www'],
  ['import', '--all', '--plugin', 'certificates'],
  ['state', 'list'],
  ['state', 'show', 'certificates/Certificate/www'],
  ['state', 'pull'],
  ['log', 'list'],
  ['log', 'why', 'certificates/Certificate/www'],
  ['log', 'verify'],
  ['log', 'export'],
  ['lock', 'status'],
];

const WRITERS: readonly (readonly string[])[] = [
  ['apply', '--yes'],
  ['drift', '--record'],
  ['import', 'certificates/Certificate/www'],
  ['state', 'mv', 'certificates/Certificate/www', 'certificates/Certificate/api'],
  ['state', 'forget', 'certificates/Certificate/www', '--yes'],
  ['log', 'recover'],
  ['log', 'prune', '--keep', '1', '--yes'],
  ['force-unlock', 'x', '--yes'],
];

function logBytes(): string {
  return execFileSync('sh', ['-c', 'cat log/*'], { cwd: join(folder, '.fettle'), encoding: 'utf8' });
}

interface Distrusted {
  readonly what: string;
  readonly make: () => void;
  readonly fix: () => void;
  readonly says: RegExp;
}

const store = (...path: readonly string[]): string => join(folder, '.fettle', ...path);

const STATES: readonly Distrusted[] = [
  {
    what: "another project's",
    make: () => writeFileSync(join(folder, 'fettle.yaml'), 'name: blog\nstore: .fettle\n'),
    fix: () => writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\nstore: .fettle\n'),
    says: /project shop, not to blog.*name: shop in fettle\.yaml.*fettle state rename shop blog/su,
  },
  {
    what: 'tracked by git',
    make: () => git('add', '-f', '.fettle'),
    fix: () => git('rm', '-rq', '--cached', '.fettle'),
    says: /is tracked by git .*git rm -r --cached/su,
  },
];

describe.each(STATES)('a store that is $what', ({ make, fix, says }) => {
  it('is refused by every command that reads or writes it', async () => {
    make();
    const before = logBytes();
    for (const args of [...READERS, ...WRITERS]) {
      const { code, stdout, stderr } = await fettle(...args);
      expect([args.join(' '), code, stdout]).toEqual([args.join(' '), 1, '']);
      expect(stderr).toMatch(says);
    }
    expect(logBytes()).toBe(before);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(true);
    fix();
    expect((await fettle('plan', '--detailed-exitcode')).code).toBe(0);
  });
});

const isRoot = process.getuid?.() === 0;

const MORE: readonly (Distrusted & { readonly needsRoot?: true })[] = [
  {
    what: 'tracked by an index of version 4',
    make: () => {
      git('add', '-f', '.fettle/.gitignore');
      git('update-index', '--index-version', '4');
    },
    fix: () => git('rm', '-q', '--cached', '.fettle/.gitignore'),
    says: /tracked by git \(\.fettle\/\.gitignore\)/u,
  },
  {
    what: 'tracked by its link',
    make: () => {
      renameSync(store(), join(root, 'moved'));
      symlinkSync('../moved', store());
      git('add', '-f', '.fettle');
    },
    fix: () => git('rm', '-q', '--cached', '.fettle'),
    says: /tracked by git/u,
  },
  {
    what: 'open to every user',
    make: () => chmodSync(store(), 0o755),
    fix: () => chmodSync(store(), 0o700),
    says: /every user may read .*\(mode 0755\).*chmod -R go=/su,
  },
  {
    what: 'with a folder that every user may write',
    make: () => chmodSync(store('log'), 0o703),
    fix: () => chmodSync(store('log'), 0o700),
    says: /every user may write/u,
  },
  {
    what: 'with a file that every user may read',
    make: () => chmodSync(store('.gitignore'), 0o644),
    fix: () => chmodSync(store('.gitignore'), 0o600),
    says: /every user may read .*gitignore \(mode 0644\)/u,
  },
  {
    what: 'in a folder that every user may write',
    make: () => {
      mkdirSync(join(folder, 'open'));
      chmodSync(join(folder, 'open'), 0o777);
      renameSync(store(), join(folder, 'open/log'));
      writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\nstore: open/log\n');
    },
    fix: () => chmodSync(join(folder, 'open'), 0o755),
    says: /can be written by every user.*chmod o-w/su,
  },
  {
    what: 'with a link in it',
    make: () => {
      renameSync(store('.gitignore'), join(root, 'ignore'));
      symlinkSync(join(root, 'ignore'), store('.gitignore'));
    },
    fix: () => {
      unlinkSync(store('.gitignore'));
      renameSync(join(root, 'ignore'), store('.gitignore'));
    },
    says: /gitignore is a symbolic link/u,
  },
  {
    what: "another user's",
    make: () => chownSync(store(), 1234, 1234),
    fix: () => chownSync(store(), 0, 0),
    says: /belongs to user 1234.*FETTLE_TRUST_OWNER=1234/su,
    needsRoot: true,
  },
  {
    what: "with another user's file",
    make: () => chownSync(store('.gitignore'), 1234, 1234),
    fix: () => chownSync(store('.gitignore'), 0, 0),
    says: /gitignore belongs to user 1234/u,
    needsRoot: true,
  },
];

describe('a store', () => {
  it.each(MORE)('that is $what is refused', async ({ make, fix, says, needsRoot }) => {
    if (needsRoot === true && !isRoot) return;
    make();
    for (const args of [['plan'], ['drift'], ['state', 'list'], ['apply', '--yes']]) {
      const { code, stdout, stderr } = await fettle(...args);
      expect([args.join(' '), code, stdout]).toEqual([args.join(' '), 1, '']);
      expect(stderr).toMatch(says);
    }
    fix();
    expect((await fettle('plan', '--detailed-exitcode')).code).toBe(0);
  });

  it.runIf(isRoot)('of another user is used if FETTLE_TRUST_OWNER names that user', async () => {
    for (const path of [store(), store('.gitignore'), store('log')]) chownSync(path, 1234, 1234);
    expect((await fettleIn(folder, ['plan'], { FETTLE_TRUST_OWNER: '1234' })).code).toBe(0);
    expect((await fettleIn(folder, ['plan'], { FETTLE_TRUST_OWNER: '1235' })).code).toBe(1);
  });

  it('that its group may write is used, with a warning', async () => {
    chmodSync(store(), 0o770);
    const { code, stderr } = await fettle('plan', '--detailed-exitcode');
    expect(code).toBe(0);
    expect(stderr).toMatch(/the group of .* may write it \(mode 0770\)/u);
  });

  it('is kept out of git by its own .gitignore', async () => {
    expect(readFileSync(store('.gitignore'), 'utf8')).toBe('*\n');
    git('add', '-A');
    expect((await fettle('plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('that came with the repository removes nothing', async () => {
    // As a pull request brings it: made elsewhere, and checked out.
    git('add', '-f', '.fettle', 'fettle.yaml', 'desired');
    git('-c', 'user.name=x', '-c', 'user.email=x@example.test', 'commit', '-qm', 'x');
    const clone = join(root, 'clone');
    execFileSync('git', ['clone', '-q', folder, clone], { stdio: 'pipe' });
    rmSync(join(clone, 'desired/www.yaml'));
    mkdirSync(join(clone, 'tls'));
    for (const name of ['www.crt', 'www.key'])
      writeFileSync(join(clone, 'tls', name), readFileSync(join(folder, 'tls', name)), { mode: 0o600 });
    for (const args of [['plan'], ['drift'], ['apply', '--yes']]) {
      const { code, stdout, stderr } = await fettleIn(clone, args, { CI: 'true' });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('tracked by git');
    }
    expect(existsSync(join(clone, 'tls/www.crt'))).toBe(true);
  });
});

describe('the name of a project', () => {
  it('that fettle.yaml does not set stays as in the log when the checkout is moved', async () => {
    const before = join(root, 'first');
    writeProject(before, 'store: .fettle\n');
    expect((await fettleIn(before, ['apply', '--yes'])).code).toBe(0);
    const after = join(root, 'second');
    renameSync(before, after);
    const { code, stdout } = await fettleIn(after, ['plan', '--format', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ project: 'first', resource_changes: [] });
    expect((await fettleIn(after, ['apply', '--yes'])).code).toBe(0);
  });

  it('must be set if the store is outside the project', async () => {
    writeFileSync(join(folder, 'fettle.yaml'), 'store: ../log\n');
    for (const args of [['plan'], ['apply', '--yes']]) {
      const { code, stderr } = await fettle(...args);
      expect(code).toBe(1);
      expect(stderr).toContain('Add `name: shop`');
    }
    // A link out of the project is outside, too.
    mkdirSync(join(root, 'log'), { mode: 0o700 });
    symlinkSync('../log', join(folder, 'inside'));
    writeFileSync(join(folder, 'fettle.yaml'), 'store: inside/deep\n');
    expect((await fettle('plan')).code).toBe(1);
    writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\nstore: ../log/deep\n');
    expect((await fettle('plan')).code).toBe(0);
  });

  it('is changed only by state rename, and the log says so', async () => {
    const wrong = await fettle('state', 'rename', 'blog', 'news');
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toContain('neither blog nor news');
    writeFileSync(join(folder, 'fettle.yaml'), 'name: news\nstore: .fettle\n');
    const stranger = await fettle('state', 'rename', 'blog', 'news');
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('belongs to project shop, not blog')]);

    const renamed = await fettle('state', 'rename', 'shop', 'news', '--reason', 'OPS-7');
    expect([renamed.code, renamed.stderr]).toEqual([0, '']);
    expect(renamed.stdout).toContain('Renamed the project shop to news');
    expect((await fettle('plan', '--detailed-exitcode')).code).toBe(0);
    expect((await fettle('log', 'verify')).code).toBe(0);
    expect((await fettle('log', 'list')).stdout).toContain('former project name shop: OPS-7');
    expect((await fettle('state', 'list')).stdout).toContain('certificates/Certificate/www');

    writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\nstore: .fettle\n');
    const old = await fettle('apply', '--yes');
    expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('belongs to the project news')]);
    const back = await fettle('state', 'rename', 'news', 'shop', '--format', 'json');
    expect([back.code, JSON.parse(back.stdout)]).toEqual([0, { from: 'news', to: 'shop' }]);
    expect((await fettle('plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('must not be ambiguous', async () => {
    for (const name of ['', 'a/b', '../x', 'a b', 'ä', 'x'.repeat(64)]) {
      const { code, stderr } = await fettle('state', 'rename', 'shop', name);
      expect([code, stderr]).toEqual([1, expect.stringContaining('is not a valid project name')]);
    }
    expect((await fettle('plan')).code).toBe(0);
  });
});
