/** Plans of certificates by ACME that are not due: their cost against those of a local authority, and their requests. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readAccountKey } from '../../plugins/certificates/acme/jws.ts';
import { emptyProject, LOCAL_ISSUER, type Places, writeDocuments } from './fleet.ts';
import { interleave, median, type Program, runOnce, writeUsageHook } from './measure.ts';
import { fixed, ratioRow, type Row } from './rows.ts';

const [MANY, FEW] = [1000, 100] as const;
const REPEATS = 5;

function certificateText(at: number): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: host-${at} }
spec: { issuer: ca, dnsNames: [host-${at}.example.test], storage: { file: { certificate: ../tls/host-${at}.crt, key: ../tls/host-${at}.key } } }
`;
}

function run({ dist }: Places, project: string, ...words: readonly string[]): Program {
  return { argv: [process.execPath, join(dist, 'cli.js'), ...words], cwd: project };
}

/** The authority, in a process of its own. */
async function startAuthority({ dist, folder }: Places) {
  const own = join(folder, 'acme-plan-authority');
  mkdirSync(own);
  const authority = spawn(process.execPath, [join(dist, 'bench', 'acme-authority.js'), own, '0'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: authority.stdout })[Symbol.asyncIterator]();
  const read = async <T>(): Promise<T> => JSON.parse((await lines.next()).value as string) as T;
  const { directory, ca } = await read<{ readonly directory: string; readonly ca: string }>();
  return {
    directory,
    ca,
    /** Validates challenges of the account with this key. */
    knows: (thumbprint: string) => void authority.stdin.write(`${thumbprint}\n`),
    requests: async (): Promise<number> => {
      authority.stdin.write('counts\n');
      const counts = await read<Readonly<Record<string, number>>>();
      return Object.values(counts).reduce((sum, each) => sum + each, 0);
    },
    stop: async (): Promise<void> => {
      const ended = once(authority, 'exit');
      authority.stdin.end();
      await ended;
    },
  };
}

/** Issues certificates by ACME. Returns their project. */
async function issued(
  places: Places,
  name: string,
  count: number,
  authority: Awaited<ReturnType<typeof startAuthority>>,
): Promise<string> {
  const project = emptyProject(places, name);
  const issuer = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { acme: { directory: "${authority.directory}", accountKey: ../acme/account.key, ca: ../acme.pem, solvers: [{ http01: { webroot: ../www, selfCheck: skip } }] } }
`;
  mkdirSync(join(project, 'www'));
  writeFileSync(join(project, 'acme.pem'), authority.ca);
  writeFileSync(join(project, 'desired', 'ca.yaml'), issuer);
  const apply = run(places, project, 'apply', '--yes', '--format', 'json');
  runOnce(apply);
  const key = join(project, 'acme', 'account.key');
  authority.knows((await readAccountKey(readFileSync(key, 'utf8'), key)).thumbprint);
  writeDocuments(project, 'certificates', count, certificateText);
  runOnce(apply);
  return project;
}

export async function acmePlanRows(places: Places): Promise<readonly Row[]> {
  const authority = await startAuthority(places);
  try {
    const local = emptyProject(places, 'plan-local');
    writeFileSync(join(local, 'desired', 'ca.yaml'), LOCAL_ISSUER);
    writeDocuments(local, 'certificates', MANY, certificateText);
    runOnce(run(places, local, 'apply', '--yes', '--format', 'json'));
    const few = await issued(places, 'plan-acme-few', FEW, authority);
    const many = await issued(places, 'plan-acme', MANY, authority);
    const before = await authority.requests();
    const planOf = (project: string): Program => run(places, project, 'plan', '--detailed-exitcode');
    const samples = interleave(
      { local: planOf(local), few: planOf(few), many: planOf(many) },
      REPEATS,
      writeUsageHook(places.folder),
    );
    const requests = (await authority.requests()) - before;
    const cpu = (of: keyof typeof samples): number => median(samples[of].map(({ cpuMs = Number.NaN }) => cpuMs));
    const detail = (other: 'local' | 'few'): string =>
      `${fixed(cpu('many'))} ms over ${fixed(cpu(other))} ms, medians of ${REPEATS}`;
    return [
      ratioRow(
        `plan of ${MANY} certificates by ACME, none due, over as many of a local authority: CPU`,
        1.25,
        cpu('many') / cpu('local'),
        detail('local'),
      ),
      {
        figure: `requests of ${REPEATS + 1} such plans at the authority`,
        measured: String(requests),
        target: '0',
        verdict: requests === 0 ? 'ok' : 'over',
        detail: 'the windows are known',
      },
      ratioRow(`the same plan over one of ${FEW}: CPU`, MANY / FEW, cpu('many') / cpu('few'), detail('few')),
    ];
  } finally {
    await authority.stop();
  }
}
