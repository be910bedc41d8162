/** Every move of a Certificate's lifecycle, through whole commands: its actions, its records and its state. */

import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, type Memory } from '#plugin';
import {
  ISSUER,
  type Project,
  START,
  after,
  certificateText,
  inTheWay,
  interrupted,
  issued,
  movesIn,
  placePair,
  projectOf,
} from './project.ts';
import { DAY, MINUTE, HOUR, iso } from './support.ts';

/** Events of a certificate that was issued at START, and the moves that they leave in the log. */
const moves: readonly (readonly [string, (project: Project) => Promise<unknown>, readonly string[]])[] = [
  ['absent > normal: it is issued', async () => undefined, []],
  [
    'normal > expiring_soon: time passes',
    async (project) => {
      after(project, 60);
      await project.run('drift --record');
    },
    ['normal>expiring_soon check'],
  ],
  [
    'normal > expired: much time passes',
    async (project) => {
      after(project, 91);
      await project.run('drift --record', 2);
    },
    ['normal>expired check'],
  ],
  [
    'normal > renewing > normal: its document asks for it',
    async (project) => {
      after(project, 10);
      project.write('www.yaml', certificateText('www', `renewal: { issuedAfter: ${iso(START + DAY)} }`));
      await project.run('apply --yes');
    },
    ['normal>renewing manual', 'renewing>normal finish'],
  ],
  [
    'normal > renewing > renewal_failed: what its document asks for fails',
    async (project) => {
      after(project, 10);
      project.write('www.yaml', certificateText('www', `renewal: { issuedAfter: ${iso(START + DAY)} }`));
      inTheWay(project);
      await project.run('apply --yes', 7);
    },
    ['normal>renewing manual', 'renewing>renewal_failed error'],
  ],
  [
    'expiring_soon > normal: the threshold is lowered',
    async (project) => {
      after(project, 61);
      await project.run('drift --record');
      project.write('www.yaml', certificateText('www', 'renewal: { thresholdDays: 7 }'));
      await project.run('apply --yes');
    },
    ['normal>expiring_soon check', 'expiring_soon>normal check'],
  ],
  [
    'expiring_soon > normal: somebody else puts a new one there',
    async (project) => {
      after(project, 61);
      await project.run('drift --record');
      await placePair(project, 0, 90);
      await project.run('drift --record');
    },
    ['normal>expiring_soon check', 'expiring_soon>normal check'],
  ],
  [
    'expiring_soon > expired: time passes',
    async (project) => {
      after(project, 61);
      await project.run('drift --record');
      after(project, 91);
      await project.run('drift --record', 2);
    },
    ['normal>expiring_soon check', 'expiring_soon>expired check'],
  ],
  [
    'expiring_soon > renewing > normal: it is renewed',
    async (project) => {
      after(project, 61);
      await project.run('apply --yes');
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>normal finish'],
  ],
  [
    'expiring_soon > renewing > renewal_failed: the renewal fails',
    async (project) => {
      after(project, 61);
      inTheWay(project);
      await project.run('apply --yes', 7);
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>renewal_failed error'],
  ],
  [
    'renewing > expiring_soon: the run that was at it died',
    async (project) => {
      after(project, 61);
      await interrupted(project, 'expiring_soon>renewing');
      await project.run('drift --record');
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>expiring_soon interrupted'],
  ],
  [
    'renewing > normal: the run that was at it died in the middle of its swap, and the next one finishes it',
    async (project) => {
      after(project, 61);
      await interrupted(project, 'expiring_soon>renewing', () => halfSwapped(project));
      await project.run('apply --yes');
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>normal finish'],
  ],
  [
    'renewing > normal: the run that was at it died after its swap',
    async (project) => {
      after(project, 61);
      await interrupted(project, 'expiring_soon>renewing', () => {
        for (const name of ['crt', 'key'])
          copyFileSync(join(project.folder, `new.${name}`), join(project.folder, `tls/www.${name}`));
      });
      await project.run('drift --record');
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>normal finish'],
  ],
  [
    'renewal_failed > renewing > normal: another try',
    async (project) => {
      after(project, 61);
      const clear = inTheWay(project);
      await project.run('apply --yes', 7);
      clear();
      project.clock.at += HOUR;
      await project.run('apply --yes');
    },
    [
      'normal>expiring_soon check',
      'expiring_soon>renewing renew',
      'renewing>renewal_failed error',
      'renewal_failed>renewing retry',
      'renewing>normal finish',
    ],
  ],
  [
    'renewal_failed > normal: somebody else puts a new one there',
    async (project) => {
      after(project, 61);
      inTheWay(project)();
      const clear = inTheWay(project);
      await project.run('apply --yes', 7);
      clear();
      await placePair(project, 0, 90);
      await project.run('drift --record');
    },
    [
      'normal>expiring_soon check',
      'expiring_soon>renewing renew',
      'renewing>renewal_failed error',
      'renewal_failed>normal check',
    ],
  ],
  [
    'renewal_failed stays: somebody else puts one there that has little time left too',
    async (project) => {
      after(project, 61);
      const clear = inTheWay(project);
      await project.run('apply --yes', 7);
      clear();
      await placePair(project, 80, 90);
      await project.run('drift --record', 2);
    },
    ['normal>expiring_soon check', 'expiring_soon>renewing renew', 'renewing>renewal_failed error'],
  ],
  [
    'renewal_failed > expired > recovering > normal: time passes, and it is recovered at once',
    async (project) => {
      after(project, 89.99);
      const clear = inTheWay(project);
      await project.run('apply --yes', 7);
      clear();
      after(project, 90.01);
      await project.run('apply --yes');
    },
    [
      'normal>expiring_soon check',
      'expiring_soon>renewing renew',
      'renewing>renewal_failed error',
      'renewal_failed>expired check',
      'expired>recovering recover',
      'recovering>normal finish',
    ],
  ],
  [
    'expired > recovering > expired: the recovery fails',
    async (project) => {
      after(project, 91);
      inTheWay(project);
      await project.run('apply --yes', 7);
    },
    ['normal>expired check', 'expired>recovering recover', 'recovering>expired error'],
  ],
  [
    'recovering > expired: the run that was at it died',
    async (project) => {
      after(project, 91);
      await interrupted(project, 'expired>recovering');
      await project.run('drift --record', 2);
    },
    ['normal>expired check', 'expired>recovering recover', 'recovering>expired interrupted'],
  ],
  [
    'recovering > normal: the run that was at it died in the middle of its swap, and the next one finishes it',
    async (project) => {
      after(project, 91);
      await interrupted(project, 'expired>recovering', () => halfSwapped(project));
      await project.run('apply --yes');
    },
    ['normal>expired check', 'expired>recovering recover', 'recovering>normal finish'],
  ],
  [
    'expired > normal: somebody else puts a new one there',
    async (project) => {
      after(project, 91);
      await project.run('drift --record', 2);
      await placePair(project, 0, 90);
      await project.run('drift --record');
    },
    ['normal>expired check', 'expired>normal check'],
  ],
  [
    'expired > expiring_soon: somebody else puts one there that has little time left',
    async (project) => {
      after(project, 91);
      await project.run('drift --record', 2);
      await placePair(project, 80, 90);
      await project.run('drift --record');
    },
    ['normal>expired check', 'expired>expiring_soon check'],
  ],
];

/** Between the two renames of a swap: the new certificate, and the old key with the new one next to it. */
function halfSwapped({ folder }: Project): void {
  const at = (name: string): string => join(folder, name);
  copyFileSync(at('tls/www.crt'), at('tls/www.crt.backup'));
  copyFileSync(at('tls/www.key'), at('tls/www.key.backup'));
  renameSync(at('new.crt'), at('tls/www.crt'));
  renameSync(at('new.key'), at('tls/www.key.pending'));
}

describe('every move is in the log', () => {
  test.each(moves)('%s', async (_name, happen, expected) => {
    const project = await issued();
    await happen(project);
    expect(movesIn(project)).toEqual(['absent>normal issue', ...expected]);
    // Each record has its time, and the state is where the moves lead.
    const last = movesIn(project).at(-1)?.split(/[> ]/u)[1];
    expect((await project.memory()).state).toBe(last);
    expect(project.records().every(({ time }) => time >= iso(START) && time <= iso(project.clock.at))).toBe(true);
  });
});

/** Lets the next applies fail too; gives the earliest time of each. */
async function failing(project: Project, times: number): Promise<readonly number[]> {
  const at: number[] = [];
  for (let i = 0; i < times; i++) {
    await project.run('apply --yes', 7);
    at.push(project.clock.at);
    const { stdout } = await project.run('plan --format json');
    const { deferred_changes: waiting, rejected_changes: rejected } = JSON.parse(stdout) as {
      readonly deferred_changes: readonly { readonly clears_at: string }[];
      readonly rejected_changes: readonly unknown[];
    };
    if (rejected.length > 0) break;
    project.clock.at = Date.parse(waiting[0]?.clears_at ?? '');
  }
  return at;
}

describe('counts last from run to run', () => {
  test('failed renewals wait longer each time, and end after ten', async () => {
    const project = await issued();
    after(project, 61);
    const clear = inTheWay(project);
    const tries = await failing(project, 20);
    const waited = tries.slice(1).map((at, i) => (at - (tries[i] ?? 0)) / HOUR);
    expect(waited).toEqual([1, 2, 4, 8, 16, 24, 24, 24, 24]);
    expect(await project.memory()).toMatchObject({
      state: 'renewal_failed',
      failures: 10,
      lastError: { at: tries[9], step: 'renewal_failed>renewing' },
    });
    // No further attempt, after any time, without an override.
    clear();
    project.clock.at += 5 * DAY;
    expect((await project.run('apply --yes', 3)).stdout).toContain('retry-exhausted: 10 failed renewals in a row');
    await project.run('apply --yes --override retry-exhausted@certificates/Certificate/www --reason "fixed"');
    const memory = await project.memory();
    expect(memory).toMatchObject({ state: 'normal', kept: { issued: 2 } });
    expect([memory.failures, memory.lastError]).toEqual([undefined, undefined]);
  });

  test('a renewal is not tried before its time', async () => {
    const project = await issued();
    after(project, 61);
    const clear = inTheWay(project);
    await project.run('apply --yes', 7);
    clear();
    project.clock.at += HOUR - 1;
    expect((await project.run('apply --yes')).stdout).toContain(
      'backoff: after 1 failed renewal, the next attempt waits 60 min',
    );
    expect(await project.memory()).toMatchObject({ state: 'renewal_failed', failures: 1 });
    // An override does not wait.
    await project.run('apply --yes --override backoff@certificates/Certificate/www --reason "fixed"');
    expect((await project.memory()).state).toBe('normal');
  });

  test('recoveries have a count of their own, and end after three', async () => {
    const project = await issued();
    after(project, 89.9);
    inTheWay(project);
    await failing(project, 2);
    after(project, 90.1);
    const tries = await failing(project, 9);
    expect(tries.slice(1).map((at, i) => (at - (tries[i] ?? 0)) / MINUTE)).toEqual([1, 2]);
    expect(await project.memory()).toMatchObject({ state: 'expired', failures: 3 });
    expect((await project.run('apply --yes', 3)).stdout).toContain('retry-exhausted: 3 failed recoveries in a row');
  });

  test('another document starts a new count', async () => {
    const project = await issued('renewal: { maxRetries: 2 }');
    after(project, 61);
    inTheWay(project);
    await failing(project, 9);
    await project.run('apply --yes', 3);
    project.write('www.yaml', certificateText('www', 'renewal: { maxRetries: 1 }'));
    await project.run('apply --yes', 7);
    expect((await project.memory()).failures).toBe(1);
    // So does another configuration, if the document leaves the setting open.
    const { write, run } = project;
    write('www.yaml', certificateText('www'));
    await run('apply --yes', 7);
    write(
      'fettle.yaml',
      "name: test\nstore: .fettle\ndesired: ['*.yaml']\nplugins: { certificates: { renewal: { maxRetries: 4 } } }\n",
    );
    await run('apply --yes', 7);
    expect((await project.memory()).failures).toBe(1);
    expect((await project.run('apply --yes')).stdout).toContain('WAITING backoff');
  });

  test('an interrupted renewal or recovery is not a failure, and does not wait', async () => {
    for (const [days, step] of [
      [61, 'expiring_soon>renewing'],
      [91, 'expired>recovering'],
    ] as const) {
      const project = await issued();
      after(project, days);
      await interrupted(project, step);
      await project.run('plan');
      await project.run('apply --yes');
      const memory = await project.memory();
      expect(memory).toMatchObject({ state: 'normal', kept: { issued: 2 } });
      expect(memory.failures).toBeUndefined();
      expect(project.records().flatMap(({ kind, body }) => (kind === 'outcome' ? [body.outcome] : []))).toEqual([
        'done',
        'done',
        'undone',
        'done',
      ]);
    }
  });

  test('the counts and times of an issue survive, also of a run that ended after its swap', async () => {
    const project = await issued();
    const first = await project.memory();
    expect(first.kept).toMatchObject({ issued: 1, issued_at: iso(START), checked_at: iso(START) });
    after(project, 61);
    await interrupted(project, 'expiring_soon>renewing', () => {
      for (const name of ['crt', 'key'])
        copyFileSync(join(project.folder, `new.${name}`), join(project.folder, `tls/www.${name}`));
    });
    project.clock.at += HOUR;
    await project.run('apply --yes');
    const { kept } = await project.memory();
    expect(kept).toMatchObject({
      issued: 2,
      issued_at: iso(START + 61 * DAY),
      former: [first.kept['fingerprint']],
    });
    expect(kept['made']).toBe(kept['fingerprint']);
    expect(kept['not_after']).toBe(iso(START + 151 * DAY));
  });

  test('a refresh without news is recorded once a day', async () => {
    const project = await issued();
    const noted = () =>
      project
        .records()
        .flatMap(({ kind, body }) => (kind === 'seen' ? body.resources : []))
        .flatMap(({ kept }) => kept?.['checked_at'] ?? []);
    const before = noted().length;
    for (const hours of [1, 23.9, 24, 25, 47, 48]) {
      project.clock.at = START + hours * HOUR;
      await project.run('drift --record');
    }
    expect(noted().slice(before)).toEqual([iso(START + 24 * HOUR), iso(START + 48 * HOUR)]);
  });
});

describe('one certificate never stops another', () => {
  test('one that fails, cannot be read, or is rejected leaves the others to be renewed', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const project = projectOf({
      'ca.yaml': ISSUER,
      ...Object.fromEntries(names.map((name) => [`${name}.yaml`, certificateText(name)])),
    });
    await project.run('apply --yes');
    after(project, 61);
    inTheWay(project, 'b');
    rmSync(join(project.folder, 'tls/c.crt'));
    renameSync(join(project.folder, 'tls/c.key'), join(project.folder, 'tls/c.saved'));
    writeFileSync(join(project.folder, 'd.yaml'), certificateText('d').replace('[d.', '[dd.example.test, d.'));
    await placePair(project, 61, 90, 'e');
    const { stdout } = await project.run('apply --yes', 7);
    expect(stdout).toContain('certificates/Certificate/b: failed');
    const states = await Promise.all(names.map(async (name) => (await project.memory(name)).state));
    expect(states).toEqual(['normal', 'renewal_failed', 'normal', 'normal', 'expiring_soon']);
    expect(stdout).toContain('REJECTED foreign-key');
    expect((await project.memory('d')).kept).toMatchObject({ issued: 2 });
  });
});

describe('a changed document issues anew, with a reason', () => {
  test.each<readonly [string, (project: Project) => void, string]>([
    [
      'names',
      ({ write }) => write('www.yaml', certificateText('www').replace('[www.', '[api.example.test, www.')),
      'normal > normal  dnsNames: ["www.example.test"] → ["api.example.test","www.example.test"]  (edit)',
    ],
    [
      'the key algorithm',
      ({ write }) => write('www.yaml', certificateText('www', 'keyAlgorithm: ed25519')),
      'normal > normal  keyAlgorithm: "ecdsa-p256" → "ed25519"  (edit)',
    ],
    [
      'the storage location',
      ({ write }) => write('www.yaml', certificateText('www').replaceAll('tls/', 'other/')),
      'normal > normal  storage',
    ],
    [
      'its issuer',
      ({ write }) => {
        write('other.yaml', ISSUER.replace('name: ca', 'name: other').replace('dir: ca', 'dir: other-ca'));
        write('www.yaml', certificateText('www').replace('issuer: ca', 'issuer: other'));
      },
      '→ "other"  (edit)',
    ],
  ])('%s', async (_name, change, row) => {
    const project = await issued();
    const before = await project.memory();
    project.clock.at += HOUR;
    change(project);
    expect((await project.run('plan')).stdout).toContain(row);
    await project.run('apply --yes');
    const memory = await project.memory();
    expect(memory.kept).toMatchObject({
      issued: 2,
      issued_at: iso(START + HOUR),
      former: [before.kept['fingerprint']],
    });
    expect(memory.applied?.digest).toBe(digestOf(memory.applied?.spec));
    await project.run('plan --detailed-exitcode');
    expect(movesIn(project)).toEqual(['absent>normal issue']);
  });
});

test('a pair left mixed by a killed swap is an error until a run completes the swap', async () => {
  const project = await issued();
  after(project, 61);
  await interrupted(project, 'expiring_soon>renewing', () => halfSwapped(project));
  const drift = await project.run('drift', 2);
  expect(drift.stdout).toContain('key-mismatch: cannot be used: ');
  expect(drift.stdout).toContain('An interrupted swap left the pair mixed, and the next apply completes the swap');
  expect((await project.run('plan')).stdout).toContain('renewing > normal');
  await project.run('apply --yes');
  expect((await project.run('drift')).stdout).not.toContain('key-mismatch');
});

test('a Domain that loses its route keeps no certificate and no error', async () => {
  const project = await issued();
  const server = (more: string): string => `apiVersion: certificates/v1
kind: Domain
metadata: { name: d }
spec: { host: www.example.test, address: 127.0.0.1, ${more} }
`;
  project.write('d.yaml', server('port: 1'));
  await project.run('drift --record', 2);
  const kept = async () => {
    const { stdout } = await project.run('state show certificates/Domain/d --format json');
    return (JSON.parse(stdout) as Memory).kept;
  };
  expect(await kept()).toMatchObject({ error: 'refused', failures: 1 });
  project.write('d.yaml', server('port: 1, route: none'));
  await project.run('drift --record');
  expect(await kept()).toMatchObject({ error: '', message: '', failures: 0, retry_at: '' });
  expect((await project.run('explain certificates/Domain/d')).stdout).not.toContain('refused:');
});
