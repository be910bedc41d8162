/** The suite over the certificates plugin, on real files. */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { certificates } from '../../plugins/certificates/plugin.ts';
import type { CertificatesWriter } from '../../plugins/certificates/world.ts';
import type { Desired, Lifecycle } from '../../src/engine/types.ts';
import { issueWithOpenssl, temporaryFolder } from '../support/cli.ts';
import { type Bench, type Line, pluginConformance, type Situation } from './plugin.ts';

interface FilesBench extends Bench {
  readonly folder: string;
}

async function open(): Promise<FilesBench> {
  const folder = temporaryFolder();
  // One moment for all of a situation: its plans have to be the same, byte for byte.
  const at = Date.now();
  const now = (): number => at;
  const config = {};
  (await certificates.validators())['config']?.(config);
  const outside = { config, project: 'conformance', folder, env: {}, now };
  return {
    folder,
    reader: await certificates.openReader(outside),
    writer: await certificates.openWriter(outside),
    world: () => filesOf(folder).join('\n'),
    close: async () => rmSync(folder, { recursive: true, force: true }),
    now,
  };
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { mode, mtimeMs, ino } = lstatSync(join(folder, name));
      const bytes = lstatSync(join(folder, name)).isFile() ? readFileSync(join(folder, name)) : '';
      return [name, mode, mtimeMs, ino, createHash('sha256').update(bytes).digest('hex')].join(' ');
    });
}

/** Lines of every private key. */
function secretsOf({ folder }: FilesBench): readonly string[] {
  const names = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.includes('.key') && lstatSync(join(folder, name)).isFile());
  return names.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line.length > 40),
  );
}

function document(
  kind: string,
  name: string,
  spec: object,
  needs: readonly string[] = [],
  lifecycle: Partial<Lifecycle> = {},
): Desired {
  const ref = { plugin: 'certificates', kind, name };
  return {
    ref,
    spec,
    meta: { labels: {}, lifecycle: { ignore: [], ...lifecycle } },
    needs: needs.map((each) => ({ plugin: 'certificates', kind: 'Issuer', name: each })),
    source: { file: 'main.yaml', line: 1, column: 1 },
  };
}

function issuer(lifecycle: Partial<Lifecycle> = {}): Desired {
  return document('Issuer', 'ca', { localCa: { dir: 'ca', commonName: 'Test CA' } }, [], lifecycle);
}

function www(more: object = {}, lifecycle: Partial<Lifecycle> = {}): Desired {
  const spec = {
    issuer: 'ca',
    dnsNames: ['www.example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    storage: { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } },
    renewal: { thresholdDays: 30 },
    ...more,
  };
  return document('Certificate', 'www', spec, ['ca'], lifecycle);
}

const removed = { onRemove: 'remove' } as const;

/** An authority and a certificate of ours; then one from openssl in its place that has so many days left. */
async function settled(
  { apply, bench }: Line<FilesBench>,
  days?: number,
  lifecycle: Partial<Lifecycle> = {},
): Promise<void> {
  await apply([issuer(lifecycle), www({}, lifecycle)]);
  if (days !== undefined) issueWithOpenssl(bench.folder, 'www', days);
}

/** A renewal that failed, as the log of an earlier run tells it. */
async function failedBefore({ log, bench }: Line<FilesBench>): Promise<void> {
  issueWithOpenssl(bench.folder, 'www', 20);
  const ref = www().ref;
  const [intent] = await log.record([
    {
      kind: 'intent',
      body: {
        run: 'earlier',
        ref,
        step: 'expiring_soon>renewing',
        goal: 'update',
        cause: 'time',
        because: '',
        basis: '',
      },
    },
  ]);
  await log.record([
    { kind: 'outcome', body: { run: 'earlier', ref, intent: intent?.seq ?? 0, outcome: 'failed', error: 'no luck' } },
  ]);
}

/** A swap that was interrupted between its two renames: a new certificate, the old key, and both kinds of copies. */
function interrupt(folder: string): void {
  const at = (name: string) => join(folder, 'tls', name);
  for (const name of ['www.crt', 'www.key']) copyFileSync(at(name), at(`${name}.backup`));
  const old = readFileSync(at('www.key'));
  issueWithOpenssl(folder, 'www', 80);
  renameSync(at('www.key'), at('www.key.pending'));
  writeFileSync(at('www.key'), old, { mode: 0o600 });
  for (const name of ['www.key', 'www.key.pending', 'www.key.backup']) chmodSync(at(name), 0o600);
}

/** Another authority in the place of the one that is remembered. */
async function otherAuthority({ bench }: Line<FilesBench>): Promise<void> {
  renameSync(join(bench.folder, 'ca'), join(bench.folder, 'away'));
  await (bench.writer as CertificatesWriter).createAuthority('ca', 'Test CA', bench.now());
}

const situations: readonly Situation<FilesBench>[] = [
  {
    name: 'nothing is there',
    prepare: async () => [issuer(), www()],
    takes: ['Issuer absent>ready', 'Certificate absent>normal'],
  },
  {
    name: 'everything is in order',
    prepare: async (line) => {
      await settled(line);
      return [issuer(), www()];
    },
    takes: [],
  },
  {
    name: 'a self-signed one',
    prepare: async () => [document('Issuer', 'ca', { selfSigned: {} }), www()],
    takes: ['Certificate absent>normal'],
  },
  {
    name: 'pairs that somebody else made',
    prepare: async (line) => {
      await settled(line);
      line.log.recall.resources.clear();
      return [issuer(), www()];
    },
    takes: ['Issuer adopt', 'Certificate adopt'],
  },
  {
    name: 'other names',
    prepare: async (line) => {
      await settled(line);
      return [issuer(), www({ dnsNames: ['www.example.test', 'example.test'] })];
    },
    takes: ['Certificate normal>normal'],
  },
  {
    name: 'a key that others can read',
    prepare: async (line) => {
      await settled(line);
      chmodSync(join(line.bench.folder, 'tls/www.key'), 0o644);
      return [issuer(), www()];
    },
    takes: ['Certificate normal>normal'],
  },
  {
    name: "an authority's key that others can read, and a leftover of its making",
    prepare: async (line) => {
      await settled(line);
      chmodSync(join(line.bench.folder, 'ca/ca.key'), 0o644);
      copyFileSync(join(line.bench.folder, 'ca/ca.crt'), join(line.bench.folder, 'ca/ca.crt.pending'));
      return [issuer(), www()];
    },
    takes: ['Issuer ready>ready'],
  },
  {
    name: 'little time left',
    prepare: async (line) => {
      await settled(line, 20);
      return [issuer(), www()];
    },
    takes: ['Certificate expiring_soon>renewing'],
  },
  {
    name: 'a renewal that failed',
    prepare: async (line) => {
      await settled(line);
      await failedBefore(line);
      return [issuer(), www()];
    },
    takes: ['Certificate renewal_failed>renewing'],
  },
  {
    name: 'no time left',
    prepare: async (line) => {
      await settled(line, -2);
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
  },
  {
    name: 'a key that does not belong to its certificate',
    prepare: async (line) => {
      await settled(line);
      const { folder } = line.bench;
      const own = readFileSync(join(folder, 'tls/www.crt'));
      issueWithOpenssl(folder, 'www', 80);
      writeFileSync(join(folder, 'tls/www.crt'), own);
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
  },
  {
    name: 'a renewal that was interrupted between its renames',
    prepare: async (line) => {
      await settled(line);
      interrupt(line.bench.folder);
      return [issuer(), www()];
    },
    takes: ['Certificate renewing>normal'],
  },
  {
    name: 'a recovery that was interrupted between its renames',
    prepare: async (line) => {
      await settled(line, -2);
      interrupt(line.bench.folder);
      return [issuer(), www()];
    },
    takes: ['Certificate recovering>normal'],
  },
  {
    name: 'orphans that are let go',
    prepare: async (line) => {
      await settled(line);
      return [];
    },
    takes: ['Issuer release', 'Certificate release'],
  },
  {
    name: 'orphans that are removed',
    prepare: async (line) => {
      await settled(line, undefined, removed);
      return [];
    },
    takes: ['Issuer ready>absent', 'Certificate normal>absent'],
  },
  {
    name: 'an orphan with little time left',
    prepare: async (line) => {
      await settled(line, 20, removed);
      return [issuer(removed)];
    },
    takes: ['Certificate expiring_soon>absent'],
  },
  {
    name: 'an orphan with no time left',
    prepare: async (line) => {
      await settled(line, -2, removed);
      return [issuer(removed)];
    },
    takes: ['Certificate expired>absent'],
  },
  {
    name: 'an orphan whose renewal failed',
    prepare: async (line) => {
      await settled(line, undefined, removed);
      await failedBefore(line);
      return [issuer(removed)];
    },
    takes: ['Certificate renewal_failed>absent'],
  },
  {
    name: 'an orphaned authority that cannot sign',
    prepare: async (line) => {
      await line.apply([issuer(removed)]);
      writeFileSync(join(line.bench.folder, 'ca/ca.key'), 'no key\n');
      return [];
    },
    takes: ['Issuer broken>absent'],
  },
  {
    name: 'an authority that is gone',
    prepare: async (line) => {
      await settled(line, 20);
      renameSync(join(line.bench.folder, 'ca'), join(line.bench.folder, 'away'));
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Issuer issuer-changed', 'Certificate issuer-changed'],
  },
  {
    name: 'another authority in its place',
    prepare: async (line) => {
      await settled(line, 20);
      await otherAuthority(line);
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Issuer issuer-changed', 'Certificate issuer-changed'],
  },
];

pluginConformance(certificates, open, situations, secretsOf);
