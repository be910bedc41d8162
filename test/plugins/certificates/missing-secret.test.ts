/** A secret of the settings that is missing: only the resources that use it are affected, and no try is used up. */

import { describe, expect, it } from 'vitest';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment, temporaryFolder, writeFiles } from '../../support/cli.ts';
import { fettle } from '../../support/command-line.ts';
import { certificateText, ISSUER } from './project.ts';

const CONFIG = `name: test
store: .fettle
desired: ['*.yaml']
plugins:
  certificates:
    acme:
      accounts: { corp: { kid: kid-1, hmacKey: "\${env:ACME_EAB_KEY}" } }
      dnsProviders:
        corp: { rfc2136: { server: "127.0.0.1:53", keyName: fettle., secret: "\${env:DNS_TSIG_SECRET}" } }
`;

function projectWith(documents: string): string {
  const folder = temporaryFolder();
  writeFiles(folder, { 'fettle.yaml': CONFIG, 'certs.yaml': documents });
  return folder;
}

const env = bareEnvironment({});

/** Every record of the log of a project. */
function recordsIn(folder: string): readonly { readonly kind: string; readonly body: Record<string, unknown> }[] {
  return readdirSync(join(folder, '.fettle/log'))
    .sort()
    .flatMap((file) =>
      readFileSync(join(folder, '.fettle/log', file), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as { readonly kind: string; readonly body: Record<string, unknown> });
}

describe('a missing secret of a provider of DNS and of an external account', () => {
  it('does not concern a project with a local authority', async () => {
    const folder = projectWith(`${ISSUER}---\n${certificateText('www')}`);
    const applied = await fettle(folder, 'apply --yes', { env });
    expect(applied.stdout + applied.stderr).not.toContain('is not set');
    expect(applied.code).toBe(0);
  });

  it('fails the step that uses it, with field and variable, and does not count as a failure', async () => {
    const folder = projectWith(
      `${ISSUER}---\n${certificateText('www')}---
apiVersion: certificates/v1
kind: Issuer
metadata: { name: public }
spec: { acme: { directory: "https://127.0.0.1:1/directory", accountKey: ./acme/account.key, eab: corp, solvers: [{ dns01: { provider: corp } }] } }
`,
    );
    for (let round = 0; round < 2; round += 1) {
      const applied = await fettle(folder, 'apply --yes', { env });
      expect(applied.stdout).toContain(
        'the key of the external account corp is missing: the environment variable ACME_EAB_KEY is not set. Provide the secret that plugins.certificates.acme.accounts.corp.hmacKey in fettle.yaml names',
      );
      expect(applied.code).toBe(7);
    }
    const outcomes = recordsIn(folder).filter(({ kind }) => kind === 'outcome');
    const ended = outcomes.map(({ body }) => `${(body['ref'] as { name: string }).name} ${String(body['outcome'])}`);
    expect(ended.toSorted()).toEqual(['ca done', 'public undone', 'public undone', 'www done']);
    const state = await fettle(folder, 'state show certificates/Issuer/public --json', { env });
    expect(state.stdout).not.toContain('"failures"');
  });
});
