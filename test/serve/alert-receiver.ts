/** A receiver of alerts of a test: a real server, and the file of the host that names it. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

type Body = Readonly<Record<string, string | undefined>>;

export interface AlertReceiver {
  /** A file of the host that names the receiver of all alerts. */
  readonly file: string;
  /** `class severity route` of the alerts that it got, sorted. */
  readonly got: () => readonly string[];
  readonly forget: () => void;
}

function named({ classification, type, status, severity, incidentRoute }: Body): string {
  return [classification ?? type ?? status ?? '', severity ?? '', incidentRoute ?? ''].join(' ').trim();
}

/** `more`: further lines of the file. */
export async function alertReceiver(more = ''): Promise<AlertReceiver> {
  const bodies: Body[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Body);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const file = join(temporaryFolder(), 'serve.yaml');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  writeFileSync(
    file,
    `alerts: { environment: prod, receivers: [{ name: hook, kind: webhook, url: "${url}" }] }\n${more}`,
  );
  return { file, got: () => bodies.map(named).toSorted(), forget: () => bodies.splice(0) };
}
