/** Commands and reloads of services: only listed ones run, within their timeout, and once for all requests. */

import { NO_FILES } from '../../support/covers.ts';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isAllowed } from '../../../plugins/certificates/allowed-command.ts';
import { runCommand } from '../../../plugins/certificates/live/run-command.ts';
import { openServices } from '../../../plugins/certificates/live/services.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesWriter, DeployOrder, ReloadOrder, Service } from '../../../plugins/certificates/world.ts';
import { outside, read } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const never = new AbortController().signal;
let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

function command(words: readonly string[], more: Partial<Parameters<typeof runCommand>[0]> = {}): Promise<void> {
  return runCommand({ words, folder, env: { PATH: process.env['PATH'] }, timeoutMs: 20_000, signal: never, ...more });
}

const sh = (script: string, ...args: readonly string[]): readonly string[] => ['sh', '-c', script, 'sh', ...args];

describe('a command', () => {
  test('gets its words unchanged, without a shell, and runs in the project', async () => {
    const words = ['a b', '$HOME', ';', '`x`', '*', ''];
    await command(sh('printf "%s\\n" "$@" > words; pwd > where', ...words));
    expect(read(folder, 'words')).toBe(`${words.join('\n')}\n`);
    expect(read(folder, 'where')).toBe(`${folder}\n`);
  });

  test('gets no input, and only the given environment', async () => {
    await command(sh('cat > input; env > env'), { env: { PATH: process.env['PATH'], FETTLE_KEY: '/x y' } });
    expect(read(folder, 'input')).toBe('');
    expect(read(folder, 'env')).toContain('FETTLE_KEY=/x y\n');
    expect(read(folder, 'env')).not.toContain('HOME=');
  });

  test.each<readonly [string, readonly string[], string]>([
    ['says its last words', sh('echo first; echo "it is broken" >&2; exit 3'), 'ended with code 3: it is broken'],
    ['says none', sh('exit 1'), 'ended with code 1'],
    ['moves no cursor', sh(String.raw`printf 'a\033[2Jb\007\n'; exit 1`), 'ended with code 1: a [2Jb'],
    ['is ended by a signal', sh('kill -9 $$'), 'was ended by SIGKILL'],
    ['does not exist', ['no-such-program', 'x y'], 'no-such-program "x y" cannot be started: ENOENT'],
    ['is not a program', ['./'], './ cannot be started: EACCES'],
  ])('that fails: %s', async (_name, words, text) => {
    const failed = command(words);
    await expect(failed).rejects.toThrow(text);
    await failed.catch((error: unknown) =>
      expect(String(error)).toMatch(new RegExp(`${text.slice(-6).replace('[', '\\[')}$`, 'u')),
    );
  });

  test('with much output is reported by the end of its output', async () => {
    const failed = command(sh('yes "$(printf "%01000d" 7)" | head -n 2000; exit 1'));
    await expect(failed).rejects.toThrow(/ended with code 1: 0{300}…$/u);
  });

  test('that leaves a process running with its output open is done when it has ended', async () => {
    await command(sh('sleep 100 & echo $! > child'));
    const child = Number(read(folder, 'child'));
    expect(() => process.kill(child, 0)).not.toThrow();
    process.kill(child, 'SIGKILL');
  });

  /** True if a process ends: it can exist for a moment after its end. */
  async function ends(pid: number): Promise<boolean> {
    for (let i = 0; i < 500; i += 1) {
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ' Z ';
      if (stat.includes(' Z ')) return true;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
    return false;
  }

  test('that exceeds its timeout is ended with all its child processes', async () => {
    const script = 'sleep 100 & echo $! > child; wait';
    await expect(command(sh(script), { timeoutMs: 300 })).rejects.toThrow('did not end within 0.3 s');
    expect(await ends(Number(read(folder, 'child')))).toBe(true);
  });

  test('that ignores signals is ended', async () => {
    const script = "trap '' TERM; echo $$ > own; while :; do sleep 1; done";
    await expect(command(sh(script), { timeoutMs: 300 })).rejects.toThrow('did not end within 0.3 s');
    expect(await ends(Number(read(folder, 'own')))).toBe(true);
  }, 20_000);

  test('ends with the run', async () => {
    const stop = new AbortController();
    const running = command(sh('echo $$ > own; sleep 100'), { signal: stop.signal });
    while (!existsSync(join(folder, 'own'))) await new Promise((resolve) => void setTimeout(resolve, 5));
    stop.abort();
    await expect(running).rejects.toThrow('was ended because the run was stopped');
    await expect(command(sh('touch late'), { signal: stop.signal })).rejects.toThrow('aborted');
    expect(existsSync(join(folder, 'late'))).toBe(false);
  });

  test.each<readonly [readonly string[], readonly (readonly string[])[], boolean]>([
    [['a', 'b'], [['a', 'b']], true],
    [['a', 'b'], [['a'], ['a', 'b', 'c'], ['b', 'a'], ['a b']], false],
    [['a'], [], false],
    [['A'], [['a']], false],
  ])('%j of %j: %j', (words, allowed, expected) => {
    expect(isAllowed(words, allowed)).toBe(expected);
  });
});

const { stillApproved } = NO_FILES;

/** One requester of a reload, which knows of no other. */
function orderOf(service: Service, more: Partial<ReloadOrder> = {}): ReloadOrder {
  return { service, name: 'www', members: () => new Set(['www']), signal: never, stillApproved, ...more };
}

describe('the list in fettle.yaml', () => {
  const open = async (config: Parameters<typeof outside>[1]) =>
    (await certificates.openWriter({
      ...outside(folder, config),
      env: { PATH: process.env['PATH'] },
    })) as CertificatesWriter;
  const words = sh('env | grep ^FETTLE_ | sort > got');

  test('limits the commands that run, for any document', async () => {
    const world = await open({ commands: [['true']] });
    const order: DeployOrder = {
      deploy: { command: words, timeoutSeconds: 5 },
      storage: { file: { certificate: 'a.crt', key: 'a.key' } },
      name: 'www',
      signal: never,
      stillApproved,
    };
    await expect(world.deploy(order)).rejects.toThrow('is not one of the commands that fettle.yaml lists');
    await expect(world.reload(orderOf({ command: words, timeoutSeconds: 5 }))).rejects.toThrow(
      'is not one of the commands',
    );
    expect(existsSync(join(folder, 'got'))).toBe(false);
  });

  test('gets the paths of every file of the pair', async () => {
    const world = await open({ commands: [[...words]] });
    const deploy = { command: words, timeoutSeconds: 5 };
    await world.deploy({
      deploy,
      storage: { file: { certificate: 'tls/a.crt', key: '/etc/a.key', combined: 'a.pem', chain: 'c', fullchain: 'f' } },
      name: 'www',
      signal: never,
      stillApproved,
    });
    expect(read(folder, 'got').trim().split('\n')).toEqual([
      `FETTLE_CERTIFICATE=${folder}/tls/a.crt`,
      `FETTLE_CHAIN=${folder}/c`,
      `FETTLE_COMBINED=${folder}/a.pem`,
      `FETTLE_FULLCHAIN=${folder}/f`,
      'FETTLE_KEY=/etc/a.key',
      'FETTLE_NAME=www',
    ]);
    await world.deploy({
      deploy,
      storage: { directory: { path: 'tls/www', combined: false } },
      name: 'b',
      signal: never,
      stillApproved,
    });
    expect(read(folder, 'got').trim().split('\n')).toEqual([
      `FETTLE_CERTIFICATE=${folder}/tls/www/cert.pem`,
      `FETTLE_CHAIN=${folder}/tls/www/chain.pem`,
      `FETTLE_DIRECTORY=${folder}/tls/www`,
      `FETTLE_FULLCHAIN=${folder}/tls/www/fullchain.pem`,
      `FETTLE_KEY=${folder}/tls/www/privkey.pem`,
      'FETTLE_NAME=b',
    ]);
  });

  describe('a process that gets a signal', () => {
    async function listening(): Promise<ChildProcess> {
      const child = spawn('sh', ['-c', "trap 'echo hup >> got' HUP; echo ready; while :; do sleep 0.05; done"], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      await once(child.stdout, 'data');
      return child;
    }
    const service = (pidFile: string): Service => ({ signal: { pidFile, name: 'HUP' }, timeoutSeconds: 5 });

    test('gets it if it is the process that wrote the file', async () => {
      const child = await listening();
      writeFileSync(join(folder, 'a.pid'), `${child.pid}\n`);
      const world = await open({ pidFiles: ['./a.pid'] });
      await world.reload(orderOf(service('a.pid')));
      while (!existsSync(join(folder, 'got')) || read(folder, 'got') === '')
        await new Promise((resolve) => void setTimeout(resolve, 5));
      expect(read(folder, 'got')).toBe('hup\n');
    });

    test('gets none if it is another one, which began after the file was written', async () => {
      const child = await listening();
      writeFileSync(join(folder, 'a.pid'), `${child.pid}\n`);
      utimesSync(join(folder, 'a.pid'), new Date(), new Date(Date.now() - 60_000));
      const world = await open({ pidFiles: ['a.pid'] });
      await expect(world.reload(orderOf(service('a.pid')))).rejects.toThrow('is outdated and no signal is sent');
      expect(existsSync(join(folder, 'got'))).toBe(false);
      expect(child.exitCode).toBeNull();
    });

    test.each<readonly [string, string | undefined, string]>([
      ['no file', undefined, 'is missing'],
      ['nothing', '', 'does not hold a process number'],
      ['the first process', '1', 'does not hold a process number'],
      ['a group', '-5', 'does not hold a process number'],
      ['everything', '0', 'does not hold a process number'],
      ['words', '12 34', 'does not hold a process number'],
      ['a process that has ended', '99999999', 'process 99999999, which'],
    ])('is not named by %s', async (_name, text, message) => {
      if (text !== undefined) writeFileSync(join(folder, 'a.pid'), text);
      const world = await open({ pidFiles: ['a.pid'] });
      await expect(world.reload(orderOf(service('a.pid')))).rejects.toThrow(message);
    });

    test('is named by a listed file, and by no other', async () => {
      const child = await listening();
      writeFileSync(join(folder, 'b.pid'), `${child.pid}\n`);
      const world = await open({ pidFiles: ['a.pid'] });
      await expect(world.reload(orderOf(service('b.pid')))).rejects.toThrow(
        'is not one of the files that fettle.yaml lists',
      );
      expect(existsSync(join(folder, 'got'))).toBe(false);
    });
  });
});

type Asks = Pick<ReloadOrder, 'name' | 'members'>;

describe('a service', () => {
  const nginx: Service = { command: ['nginx'], timeoutSeconds: 60 };
  const other: Service = { command: ['haproxy'], timeoutSeconds: 60 };
  /** Two requesters that know of each other. */
  const A: Asks = { name: 'a', members: () => new Set(['a', 'b']) };
  const B: Asks = { name: 'b', members: A.members };

  function services(timing = { quiet: 30, longest: 10_000 }) {
    const ran: string[] = [];
    const running: { end: (error?: Error) => void }[] = [];
    const opened = openServices(
      (service) => {
        ran.push(service.command?.[0] ?? '');
        return new Promise<void>((resolve, reject) => {
          running.push({ end: (error) => (error === undefined ? resolve() : reject(error)) });
        });
      },
      () => performance.now(),
      timing,
    );
    const begun = async (count: number): Promise<void> => {
      while (ran.length < count) await new Promise((resolve) => void setTimeout(resolve, 1));
    };
    return { ...opened, ran, running, begun };
  }

  const later = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

  test('is reloaded once for all its members, after the last request, and each of them waits for it', async () => {
    const { begin, reload, ran, running, begun } = services({ quiet: 3_600_000, longest: 3_600_000 });
    const members = new Set(Array.from({ length: 50 }, (_, i) => `n${i}`));
    const done: string[] = [];
    const ask = async (name: string): Promise<void> => {
      const end = begin(nginx);
      await later(done.length);
      end();
      await reload(orderOf(nginx, { name, members: () => members }));
      done.push(name);
    };
    const [last = '', ...others] = members;
    const all = others.map(ask);
    await later(50);
    expect(ran).toEqual([]);
    all.push(ask(last));
    await begun(1);
    await later(20);
    expect(done).toEqual([]);
    running[0]?.end();
    await Promise.all(all);
    expect([ran, done.length]).toEqual([['nginx'], 50]);
  });

  test('does not wait forever for a member that never asks', async () => {
    const { reload, ran, running, begun } = services({ quiet: 30, longest: 3_600_000 });
    const all = ['a', 'b'].map((name) => reload(orderOf(nginx, { name, members: () => new Set(['a', 'b', 'c']) })));
    await begun(1);
    running[0]?.end();
    await Promise.all(all);
    expect(ran).toEqual(['nginx']);
  });

  test('is not reloaded during its swap, and swaps of others do not matter', async () => {
    const { begin, reload, ran, running, begun } = services();
    const end = begin(nginx);
    begin(other);
    const reloaded = reload(orderOf(nginx));
    await later(100);
    expect(ran).toEqual([]);
    end();
    await begun(1);
    running[0]?.end();
    await reloaded;
  });

  test('waits up to its limit', async () => {
    const { begin, reload, ran, running, begun } = services({ quiet: 30, longest: 150 });
    begin(nginx);
    const reloaded = reload(orderOf(nginx));
    await begun(1);
    running[0]?.end();
    await reloaded;
    expect(ran).toEqual(['nginx']);
  });

  test('that is requested again during its reload is reloaded again afterwards', async () => {
    const { reload, ran, running, begun } = services();
    const first = reload(orderOf(nginx));
    await begun(1);
    const second = reload(orderOf(nginx));
    await later(100);
    expect(ran).toHaveLength(1);
    running[0]?.end();
    await first;
    await begun(2);
    running[1]?.end();
    await second;
  });

  test('is identified by its command: others are reloaded in parallel', async () => {
    const { reload, ran, running, begun } = services();
    const all = [
      reload(orderOf(nginx, A)),
      reload(orderOf(other)),
      reload(orderOf({ ...nginx, timeoutSeconds: 5 }, B)),
    ];
    await begun(2);
    for (const each of running) each.end();
    await Promise.all(all);
    expect(ran.toSorted()).toEqual(['haproxy', 'nginx']);
  });

  test('whose reload fails reports it to all that wait, and the next request starts a new reload', async () => {
    const { reload, running, begun } = services();
    const all = [reload(orderOf(nginx, A)), reload(orderOf(nginx, B))];
    await begun(1);
    running[0]?.end(new Error('ended with code 1'));
    for (const each of all) await expect(each).rejects.toThrow('ended with code 1');
    const again = reload(orderOf(nginx));
    await begun(2);
    running[1]?.end();
    await again;
  });

  test('is not reloaded if no request remains before its reload begins; a later request starts another one', async () => {
    const { begin, reload, ran, running, begun } = services();
    const end = begin(nginx);
    const stop = new AbortController();
    const first = reload(orderOf(nginx, { signal: stop.signal }));
    expect(ran).toEqual([]);
    stop.abort(new Error('stopped'));
    await expect(first).rejects.toThrow('stopped');
    const second = reload(orderOf(nginx));
    end();
    await begun(1);
    running[0]?.end();
    await second;
    expect(ran).toEqual(['nginx']);
  });

  test('loses the requests of a stopped run, and is ended when no request remains', async () => {
    const stopped: AbortSignal[] = [];
    const { reload } = openServices(
      (_service, signal) => {
        stopped.push(signal);
        return new Promise(() => undefined);
      },
      () => performance.now(),
      { quiet: 5, longest: 1000 },
    );
    const [one, two] = [new AbortController(), new AbortController()];
    const all = [
      reload(orderOf(nginx, { ...A, signal: one.signal })),
      reload(orderOf(nginx, { ...B, signal: two.signal })),
    ];
    while (stopped.length === 0) await later(1);
    one.abort(new Error('one'));
    await expect(all[0]).rejects.toThrow('one');
    expect(stopped[0]?.aborted).toBe(false);
    two.abort(new Error('two'));
    await expect(all[1]).rejects.toThrow('two');
    expect(stopped[0]?.aborted).toBe(true);
    await expect(reload(orderOf(nginx, { signal: one.signal }))).rejects.toThrow('one');
  });
});
