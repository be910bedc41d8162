/** The rate at which certificates are issued: a thousand by a local authority, in one apply with every step durable. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_ISSUER, type Places } from './fleet.ts';
import { median, type Spent, timed } from './measure.ts';
import type { Row } from './rows.ts';

const CERTIFICATES = 1000;
const PER_SECOND = 100;
const REPEATS = 3;

function certificateYaml(name: string): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: ca
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
`;
}

function project({ folder }: Places, round: number): string {
  const own = join(folder, `issue-${round}`);
  mkdirSync(join(own, 'desired'), { recursive: true });
  writeFileSync(join(own, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\nstore: .fettle\n');
  writeFileSync(join(own, 'desired', 'ca.yaml'), LOCAL_ISSUER);
  const names = Array.from({ length: CERTIFICATES }, (_, i) => `host-${i}`);
  writeFileSync(join(own, 'desired', 'certificates.yaml'), names.map(certificateYaml).join('---\n'));
  return own;
}

/** Checks that all pairs exist and that openssl accepts the last one. Throws otherwise. */
function check(own: string): void {
  const files = readdirSync(join(own, 'tls'));
  if (files.length !== 2 * CERTIFICATES) throw new Error(`${files.length} files exist`);
  const last = join('tls', `host-${CERTIFICATES - 1}.crt`);
  execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', 'ca/ca.crt', last], { cwd: own, stdio: 'pipe' });
}

/** From the start of the command to its end: documents, plan, intents, keys, certificates, files, refreshes and outcomes. */
export function issueRows(places: Places): readonly Row[] {
  const rounds: Spent[] = [];
  for (let round = 0; round < REPEATS; round += 1) {
    const own = project(places, round);
    rounds.push(timed([process.execPath, join(places.dist, 'cli.js'), 'apply', '--yes', '--format', 'json'], own));
    check(own);
    rmSync(own, { recursive: true });
  }
  const rate = median(rounds.map(({ wall }) => CERTIFICATES / wall));
  const cpu = median(rounds.map((each) => (each.cpu / CERTIFICATES) * 1000));
  return [
    {
      figure: 'certificates (P-256) issued by a local authority, every step durable',
      measured: `${rate.toFixed(0)}/s`,
      target: `at least ${PER_SECOND}/s`,
      verdict: rate >= PER_SECOND ? 'ok' : 'short',
      detail: `an apply of ${CERTIFICATES}, whole; ${cpu.toFixed(1)} ms of CPU each, medians of ${REPEATS}`,
    },
  ];
}
