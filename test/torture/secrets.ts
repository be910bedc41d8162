/** Fifty secrets of the environment, quoted in every form by failures: none is in any printed or written byte. */

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '#plugin';
import { randomFrom } from '../support/seed.ts';
import { fettle } from '../support/command-line.ts';
import { toyPlugin, toyWorld } from '../support/toy.ts';
import { itemsYaml } from '../support/toy-project.ts';
import { must } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const SECRETS = 50;
const NAMES = ['HCLOUD_TOKEN', 'DEPLOY_SECRET', 'DB_PASSWORD', 'SIGNING_PRIVATE_KEY', 'CLOUD_ACCESS_KEY', 'ROBOT_PAT'];

/** Letters, digits, and characters that some format must escape. */
function secretOf(i: number): string {
  const text = randomBytes(18).toString('base64url');
  return i % 5 === 0 ? `${text.slice(0, 8)}/+"&\\ %${text.slice(8)}` : i % 7 === 0 ? `${text}\n${text.slice(3)}` : text;
}

function pemOf(secret: string): string {
  const body = Buffer.from(`${secret}${secret}${secret}`)
    .toString('base64')
    .replace(/(.{64})/gu, '$1\n');
  return `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----`;
}

/** Ways in which libraries quote what they were given. */
const QUOTES: readonly ((secret: string) => string)[] = [
  (secret) => `cannot log in with ${secret}`,
  (secret) => `GET https://api.example.test/v1?token=${encodeURIComponent(secret)} answered 401`,
  (secret) => `connect postgres://robot:${encodeURIComponent(secret)}@db.example.test/x failed`,
  (secret) => `{"error":"bad key","key":${JSON.stringify(secret)}}`,
  (secret) => `header Authorization: Basic ${Buffer.from(`robot:${secret}`).toString('base64')} was refused`,
  (secret) => `header Authorization: Bearer ${secret}`,
  (secret) => `bytes ${Buffer.from(secret).toString('base64')} and ${Buffer.from(secret).toString('hex')}`,
  (secret) => `could not parse ${pemOf(secret)} as a key`,
  (secret) => `could not parse ${JSON.stringify(pemOf(secret))}`,
  (secret) => `config { password: '${secret}', retries: 3 }`,
];

/** Forbidden texts for one secret: itself, its lines, and its quoted forms. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    ...secret.split('\n'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64').replace(/=+$/u, ''),
    bytes.toString('hex'),
    Buffer.from(`robot:${secret}`).toString('base64'),
    ...pemOf(secret).split('\n').slice(1, -1),
  ];
  return [...new Set(forms)].filter((form) => form.length >= 12);
}

function brokenBy(quote: () => string): Plugin {
  const kind = toyPlugin.kinds['Item'];
  if (kind === undefined) throw new Error('no kind');
  const world = toyWorld({ b: 3 });
  world.blind.add('c');
  const fail = async (
    _world: unknown,
    _pair: unknown,
    run: { readonly progress: (text: string) => void },
  ): Promise<never> => {
    run.progress(quote());
    throw Object.assign(new Error(quote()), { cause: new Error(quote()) });
  };
  return {
    ...toyPlugin,
    openReader: async () => world,
    openWriter: async () => world,
    kinds: {
      Item: {
        ...kind,
        findings: ({ ref }) => {
          if (ref.name === 'd') throw new Error(quote());
          return [];
        },
        handlers: { ...kind.handlers, 'absent>ready': fail, 'ready>ready': fail },
      },
    },
    observe: async (reader, query) => {
      const view = await toyPlugin.observe(reader, query);
      return {
        ...view,
        gaps: view.gaps.map((gap) => ({ ...gap, message: quote() })),
        observed: view.observed.map((each) => ({
          ...each,
          findings: (each.findings ?? []).map((found) => ({ ...found, message: quote() })),
        })),
      };
    },
  };
}

const COMMANDS = [
  'plan -o saved.json',
  'plan --format json',
  'plan --format markdown --detail',
  'plan --json',
  'apply -y',
  'apply -y --json',
  'apply -y --format markdown',
  'apply -y --format json',
  'apply saved.json',
  'drift',
  'drift --record --format json',
  'drift --json',
  'explain toy/Item/a',
  'explain toy/Item/b --format json',
  'explain toy/Item/c --format markdown',
  'log list --last 0',
  'log why toy/Item/a',
  'log export',
  'state list',
  'state pull',
  'show saved.json --detail',
  'log verify',
  'serve --once',
  'serve --once --json',
  'events list',
  'events replay --format json',
  'incidents list --format json',
];

function filesOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => [name, readFileSync(join(folder, name), 'latin1')] as const);
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const secrets = Array.from({ length: SECRETS }, (_, i) => secretOf(i));
  const env = {
    ...Object.fromEntries(secrets.map((secret, i) => [`S${i}_${NAMES[i % NAMES.length]}`, secret])),
    FETTLE_LOG: 'trace',
  };
  let at = 0;
  const quote = (): string => {
    at += 1;
    const way = QUOTES[Math.floor(random() * QUOTES.length)];
    return way?.(secrets[at % SECRETS] ?? '') ?? '';
  };
  const plugins = new Map([['toy', async () => brokenBy(quote)]]);
  writeFileSync(join(folder, 'fettle.yaml'), 'name: test\nstore: .fettle\ndesired: [items.yaml]\n');
  writeFileSync(join(folder, 'items.yaml'), itemsYaml({ a: 2, b: 5, c: 2, d: 4 }));
  const printed: (readonly [string, string])[] = [];
  for (const line of COMMANDS) {
    const { stdout, stderr } = await fettle(folder, line, { plugins, env });
    printed.push([line, `${stdout}\n${stderr}`]);
  }
  must(at > SECRETS, 'too little was quoted', folder);
  must(
    printed.some(([, text]) => text.includes('(hidden)')),
    'nothing was hidden',
    folder,
  );
  const forms = secrets.flatMap((secret) => formsOf(secret));
  for (const [where, text] of [...printed, ...filesOf(folder)]) {
    const leak = forms.find((form) => text.includes(form) || text.includes(Buffer.from(form).toString('latin1')));
    must(
      leak === undefined,
      `${where}: ${leak} in ${text.slice(Math.max(0, text.indexOf(leak ?? '') - 80)).slice(0, 200)}`,
      folder,
    );
  }
  for (const [name] of filesOf(join(folder, '.fettle')))
    must((statSync(join(folder, '.fettle', name)).mode & 0o777) === 0o600, `the mode of ${name}`, folder);
  return { secrets: SECRETS, quotes: at, texts: printed.length };
}

export const torture: Torture = {
  name: 'secrets',
  what: `${SECRETS} secrets, quoted in ten forms by gaps, findings, progress and errors of a plugin, through ${COMMANDS.length} commands`,
  long: 200,
  short: 1,
  parallel: 2,
  round,
};
