/**
 * `npm run demo`: the main job on local worlds, told as a story.
 *
 * Everything happens in a temporary folder, on loopback, with the built command line as child processes. Every exit
 * code is checked: where the story does not go as it is told, the demo fails.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyPem, makeAuthority, makeKeys } from '../plugins/certificates/live/x509-make.ts';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'dist/cli.js');
const started = Date.now();

if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' });

const folder = mkdtempSync(join(tmpdir(), 'fettle-demo-'));
const project = join(folder, 'play');
let sandbox: ChildProcess | undefined;

/** Nobody's settings take part: the story is the same on every machine. */
function environment(): NodeJS.ProcessEnv {
  const keep = ['PATH', 'HOME', 'USER', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(keep), FETTLE_DISABLE_CI_DETECTION: '1' };
}

function say(text: string): void {
  process.stdout.write(`\n# ${text.replaceAll('\n', '\n# ')}\n`);
}

function fettle(args: string, expected: number): string {
  process.stdout.write(`\n$ fettle ${args}\n`);
  const done = spawnSync(process.execPath, [cli, ...args.split(' ')], {
    cwd: project,
    env: environment(),
    encoding: 'utf8',
  });
  process.stdout.write(done.stdout + done.stderr);
  if (done.status !== expected) throw new Error(`fettle ${args} ended with ${done.status}, not ${expected}`);
  return done.stdout;
}

function mustSay(output: string, ...texts: readonly string[]): void {
  for (const text of texts) if (!output.includes(text)) throw new Error(`the output does not say "${text}"`);
}

async function startSandbox(): Promise<void> {
  process.stdout.write('\n$ fettle sandbox up play &\n');
  const child = spawn(process.execPath, [cli, 'sandbox', 'up', project, '--json'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  sandbox = child;
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)));
  });
  child.removeAllListeners('exit');
}

async function stopSandbox(): Promise<void> {
  const child = sandbox;
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Another authority in the place of the one that is remembered; gives how to put the old one back. */
async function swapAuthority(): Promise<() => void> {
  const files = ['ca.crt', 'ca.key'].map((name) => join(project, 'ca', name));
  for (const file of files) renameSync(file, `${file}.away`);
  const keys = await makeKeys('ecdsa-p256');
  const authority = await makeAuthority('Sandbox CA', keys, Date.now());
  writeFileSync(files[0] as string, authority.toString());
  writeFileSync(files[1] as string, keyPem(keys.privateKey), { mode: 0o600 });
  return () => {
    for (const file of files) renameSync(`${file}.away`, file);
  };
}

/** What a server of the sandbox serves: SHA-256, as hex digits with colons. */
async function servedFingerprint(name: string): Promise<string> {
  const document = readFileSync(join(project, `desired/${name}.yaml`), 'utf8');
  const port = Number(/^ {2}port: (?<port>\d+)$/mu.exec(document)?.groups?.['port']);
  const socket = connect({ host: '127.0.0.1', port, servername: `${name}.example.test`, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  socket.destroy();
  return fingerprint;
}

async function endsServed(name: string, before: string): Promise<void> {
  const now = await servedFingerprint(name);
  const stored = new X509Certificate(readFileSync(join(project, `tls/${name}.crt`))).fingerprint256;
  const short = (fingerprint: string): string => `${fingerprint.slice(0, 23)}…`;
  process.stdout.write(
    `\nserved before  ${short(before)}\nserved now     ${short(now)}\nstored         ${short(stored)}\n`,
  );
  if (now === before || now !== stored) throw new Error(`${name} does not serve what is stored`);
}

async function story(): Promise<void> {
  say(
    'Some TLS servers that nobody has looked after for a while, an account at a cloud provider,\nand a folder of YAML about both.',
  );
  await startSandbox();

  say(
    'What is there already is not ours yet: it is adopted, by rows of their own, before anything is changed.\nWhat the servers really serve are findings.',
  );
  mustSay(
    fettle('plan', 0),
    'adopt:',
    'absent > normal',
    'wrong-name',
    'timeout',
    'expired 3 days ago',
    'stale-address',
    'chain-incomplete',
  );
  mustSay(fettle('apply --yes', 0), '12 done');

  say(
    'Now two certificates are renewed, and an expired one is recovered. Meanwhile somebody has deleted\nthe document of a certificate that is protected: removing it stays a row of the plan, REJECTED.',
  );
  const document = join(project, 'desired/good.yaml');
  const text = readFileSync(document, 'utf8');
  rmSync(document);
  mustSay(fettle('plan', 0), 'REJECTED protected', 'expiring_soon > renewing', 'expired > recovering', '--override');

  say('The rest goes ahead. Exit code 3: everything accepted is done, but something rejected remains.');
  const before = await servedFingerprint('reload');
  mustSay(fettle('apply --yes', 3), '3 done', '1 rejected');

  say(
    'A renewal is done when the new certificate is served. The server of reload.example.test reads its files\nonly when it is told to: it was told, and the renewal waited until it served what is stored.',
  );
  await endsServed('reload', before);

  say(
    'The document comes back. Behind our back, somebody puts another authority in the place of ours.\nNothing is signed with it; the plan says why, and how to go on.',
  );
  writeFileSync(document, text);
  const putBack = await swapAuthority();
  mustSay(fettle('plan', 0), 'REJECTED issuer-changed');

  say('What is known of one resource, with every rule and what would let its step through:');
  mustSay(fettle('explain certificates/Issuer/sandbox', 0), 'REJECTED', 'Next step');

  say(
    'The authority is put back. Somebody has also made a private key readable for everybody:\nthat is drift, and is set right.',
  );
  putBack();
  chmodSync(join(project, 'tls/api.key'), 0o644);
  mustSay(fettle('drift', 2), 'Drift: 1 of', '"0600" → "0644"');
  mustSay(fettle('apply --yes', 0), '1 done');

  say('Again: nothing to do.');
  mustSay(fettle('apply --yes', 0), 'Nothing to do.');

  await nodesStory();

  say('And everything that was done, or was not, is in a log that can be verified.');
  fettle('log list --kind run,intent,outcome,refusal --last 8', 0);
  mustSay(fettle('log verify', 0), 'the log is sound');
}

/** The servers: one is young, one has containers, and one is not needed any more. */
async function nodesStory(): Promise<void> {
  say(
    'Three servers were made at the provider. Containers run on one of them, another one had some\nand is empty, the third never had any. Now somebody deletes the documents of all three.',
  );
  for (const name of ['young', 'busy', 'idle']) rmSync(join(project, `desired/node-${name}.yaml`));
  mustSay(
    fettle('plan', 0),
    'REJECTED too-young: Ready node too young',
    'REJECTED drains-containers: Node has 1 container',
    'idle > draining',
    'a month',
  );

  say('The idle one is drained, and nothing else happens to it in this plan. The others stay.');
  mustSay(fettle('apply --yes', 3), 'nodes/Node/idle: done', '1 done', '2 rejected');

  say('Once its time in draining is over, it is looked at and judged again, and then it is removed.');
  // Its document had `drainGrace: 2s`.
  await sleep(2000);
  mustSay(fettle('apply --yes', 3), 'draining > decommissioned', '1 done', '2 rejected');

  say('Why each of them was, or was not, taken away is in the log, with what they were like then.');
  mustSay(
    fettle('log list --action node_decommission --last 6', 0),
    'too-young: Ready node too young',
    'drains-containers: Node has 1 container',
    'decommissioned > absent',
  );
}

async function cleanUp(): Promise<void> {
  await stopSandbox();
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void cleanUp().then(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}

try {
  await story();
  say(
    `That took ${((Date.now() - started) / 1000).toFixed(0)} s, and left nothing behind. \`npx --no-install fettle sandbox up play\` is yours to go on with.`,
  );
} catch (error) {
  process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
