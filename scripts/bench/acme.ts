/** Issuance by ACME without the rest of fettle: requests, CPU time, and certificates with half of the nonces rejected. */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from './fleet.ts';
import type { Row } from './rows.ts';

const [MEASURED, REJECTED] = [200, 1000] as const;
const [MOST_REQUESTS, MOST_CPU_MS] = [9, 25] as const;

interface Issued {
  readonly issued: number;
  readonly requests: number;
  readonly cpuMs: number;
}

function issued({ dist, folder }: Places, count: number, share: number): Issued {
  const own = join(folder, `acme-${share}`);
  mkdirSync(own, { recursive: true });
  const argv = [join(dist, 'bench', 'acme-issue.js'), own, String(count), String(share)];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as Issued;
}

export function acmeRows(places: Places): readonly Row[] {
  const plain = issued(places, MEASURED, 0);
  const rejected = issued(places, REJECTED, 0.5);
  return [
    {
      figure: 'requests for a certificate by ACME with one name (http-01)',
      measured: String(plain.requests),
      target: `at most ${MOST_REQUESTS}`,
      verdict: plain.requests <= MOST_REQUESTS ? 'ok' : 'over',
      detail: 'with an existing account; the directory is read each time',
    },
    {
      figure: 'CPU for a certificate by ACME (P-256)',
      measured: `${plain.cpuMs.toFixed(1)} ms`,
      target: `at most ${MOST_CPU_MS} ms`,
      verdict: plain.cpuMs <= MOST_CPU_MS ? 'ok' : 'over',
      detail: `mean of ${MEASURED}, each with a connection of its own; the authority is another process`,
    },
    {
      figure: 'certificates by ACME with half of the nonces rejected',
      measured: `${rejected.issued} of ${REJECTED}`,
      target: 'all',
      verdict: rejected.issued === REJECTED ? 'ok' : 'short',
      detail: `${rejected.cpuMs.toFixed(1)} ms of CPU each`,
    },
  ];
}
