/** The end of a process of fettle: all output arrives, or the exit code reports the loss. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist', 'cli.js');
const folder = temporaryFolder();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

/** Runs a body of `main(argv, shell)` the way the CLI does, in a shell pipeline that begins with it. */
function pipeline(
  body: string,
  rest = '',
): { readonly code: number; readonly stdout: string; readonly stderr: string } {
  const file = join(folder, 'program.ts');
  writeFileSync(
    file,
    `import { run } from ${JSON.stringify(join(root, 'src/run.ts'))};
     void run(async () => ({ main: async (argv, shell) => { ${body} } }));`,
  );
  const command = `"$NODE" "$PROGRAM" ${rest}; echo "\${PIPESTATUS[0]}" >&3`;
  const ended = spawnSync('bash', ['-c', command], {
    env: { PATH: process.env['PATH'], NODE: process.execPath, PROGRAM: file },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return {
    code: Number(ended.output[3]?.toString()),
    stdout: ended.stdout.toString(),
    stderr: ended.stderr.toString(),
  };
}

describe('version', () => {
  it.each([['version'], ['--version'], ['-version'], ['-v'], ['-V']])('is answered to %s', (word) => {
    expect(execFileSync(process.execPath, [cli, word], { encoding: 'utf8' })).toBe(
      `fettle v${version}\non ${process.platform}_${process.arch}, Node.js ${process.version}\n`,
    );
  });

  it('is the same from source', () => {
    const ask = (file: string): string =>
      execFileSync(process.execPath, [file, 'version', '-json'], { encoding: 'utf8' });
    expect(ask(join(root, 'src/cli.ts'))).toBe(ask(cli));
  });

  it('fails when it cannot be written', () => {
    const ended = spawnSync('bash', ['-c', `"${process.execPath}" "${cli}" version > /dev/full`], { encoding: 'utf8' });
    expect(ended).toMatchObject({
      status: 1,
      stderr: 'error: standard output: ENOSPC: no space left on device, write\n',
    });
  });
});

describe('run', () => {
  it('ends with what main answers', () => {
    expect(pipeline('return 7;')).toEqual({ code: 7, stdout: '', stderr: '' });
  });

  it('brings megabytes through a slow pipe', () => {
    const lines = 200_000;
    const { code, stdout } = pipeline(
      `for (let i = 0; i < ${lines}; i += 1) shell.stdout.write('line ' + i + '\\n'); return 2;`,
      '| (sleep 0.3; cat) | wc -l',
    );
    expect({ code, lines: Number(stdout) }).toEqual({ code: 2, lines });
  });

  it('writes everything through a non-blocking pipe', () => {
    const file = join(folder, 'nonblocking.py');
    writeFileSync(
      file,
      [
        'import os, subprocess, sys, time',
        'r, w = os.pipe()',
        'os.set_blocking(w, False)',
        'child = subprocess.Popen(sys.argv[1:], stdout=w)',
        'os.close(w)',
        'time.sleep(0.5)',
        'total = 0',
        'while True:',
        '    part = os.read(r, 65536)',
        '    if not part: break',
        '    total += len(part)',
        'print(total, child.wait())',
      ].join('\n'),
    );
    const program = join(folder, 'loud.ts');
    writeFileSync(
      program,
      `import { run } from ${JSON.stringify(join(root, 'src/run.ts'))};
       void run(async () => ({ main: async (argv, shell) => { shell.stdout.write('é'.repeat(1_000_000)); return 0; } }));`,
    );
    const said = execFileSync('python3', [file, process.execPath, program], { encoding: 'utf8' });
    expect(said).toBe('2000000 0\n');
  });

  it('continues after its reader has ended', () => {
    const mark = join(folder, 'worked-on');
    const { code, stderr } = pipeline(
      `for (let i = 0; i < 50_000; i += 1) shell.stdout.write('line ' + i + '\\n');
       await new Promise((done) => setTimeout(done, 50));
       process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(mark)}, 'yes'); return 0;`,
      '| head -1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(mark, 'utf8')).toBe('yes');
  });

  it('does not answer success when output is lost', () => {
    expect(pipeline(`shell.stdout.write('x'); return 0;`, '> /dev/full')).toMatchObject({ code: 1 });
    expect(pipeline(`shell.stdout.write('x'); return 4;`, '> /dev/full')).toMatchObject({ code: 4 });
  });

  it('prints a bug with its place, and exits 1', () => {
    const { code, stderr } = pipeline(`throw new TypeError('no such thing');`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: internal error: TypeError: no such thing\n +at [\s\S]*\nThis is a bug in fettle\. Report it .*https:\/\/.*\n$/,
    );
  });

  it('does not take a promise that never settles for success', () => {
    expect(pipeline('return new Promise(() => {});')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: internal error: the command ended without a result\nThis is a bug in fettle\. /,
      ),
    });
  });

  it('is not kept alive by abandoned work', () => {
    const start = performance.now();
    expect(pipeline('setInterval(() => {}, 1000); return 8;').code).toBe(8);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('receives signals until it unsubscribes', () => {
    const body = `
      const seen = [];
      const stop = shell.onSignal((signal) => seen.push(signal));
      process.kill(process.pid, 'SIGINT'); process.kill(process.pid, 'SIGTERM');
      await new Promise((done) => setTimeout(done, 50));
      stop();
      shell.stdout.write(seen.toSorted().join(' ') + ' ' + process.listenerCount('SIGINT'));
      return 130;`;
    expect(pipeline(body)).toMatchObject({ code: 130, stdout: 'SIGINT SIGTERM 0' });
  });
});
