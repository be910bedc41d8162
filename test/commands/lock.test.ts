/** The lock of a log, and its release. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { misspelt } from '../formats/field-names.ts';
import { appliedToys, itemsYaml } from '../support/toy-project.ts';

describe('the lock', () => {
  const HOLDER = fileURLToPath(new URL('../store/fixtures/holder.ts', import.meta.url));

  it('is shown, and released by the ID of its holder', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    expect((await at.run('lock status')).stdout).toMatch(/^the lock of .* is not held/u);
    expect((await at.run('force-unlock abc -y')).stderr).toContain('is not held');
    const child = spawn(process.execPath, [HOLDER, join(at.folder, '.fettle')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PROJECT: 'test' },
    });
    try {
      const id = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().split(' ')[1] ?? '')),
      );
      const status = await at.run('lock status');
      expect([status.code, status.stdout]).toEqual([0, expect.stringContaining(`fettle force-unlock ${id}`)]);
      const document = JSON.parse((await at.run('lock status --format json')).stdout) as unknown;
      expect(misspelt(document)).toEqual([]);
      expect(document).toMatchObject({
        held: true,
        lease_ms: 15_000,
        liveness: 'held',
        holder: { id, command: 'hold', pid: child.pid },
      });
      const refused = await at.run('apply -y');
      expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining(`process ${child.pid}`)]);
      expect((await at.run('force-unlock other -y')).stderr).toContain(`Its holder is ${id}`);
      expect((await at.run(`force-unlock ${id}`)).stderr).toContain('Cannot ask for approval');
      const taken = await at.run(`force-unlock ${id} -y --reason "it hangs"`);
      expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('The lock was released')]);
      expect((await at.run('lock status')).stdout).toMatch(/is not held$/mu);
      expect((await at.run('log list --kind run --format json')).stdout).toContain('"reason":"it hangs"');
      child.stdin.write('append late\n');
      const said = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      expect(said.trim()).toBe('FenceLostError');
      expect((await at.run('log verify')).code).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
