/**
 * `npm run demo`: the main job on local sandbox worlds, as a story of at most 190 lines.
 *
 * Everything happens in a temporary folder, on loopback, with the built command line as child processes. Every exit
 * code and the important lines are checked: the demo fails if the story takes another turn.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  chmodSync,
  renameSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
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
let daemon: ChildProcess | undefined;

/** An environment without the user's settings: the story is the same on every machine. */
function environment(): NodeJS.ProcessEnv {
  const keep = ['PATH', 'HOME', 'USER', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const state = join(folder, 'state');
  return { ...Object.fromEntries(keep), FETTLE_DISABLE_CI_DETECTION: '1', FETTLE_PORTSYNC_STATE: state };
}

/** The story stays short enough to be read. */
const MOST_LINES = 210;
let lines = 0;

function print(text: string): void {
  lines += text.split('\n').length - 1;
  process.stdout.write(text);
}

function say(text: string): void {
  print(`\n# ${text.replaceAll('\n', '\n# ')}\n`);
}

/** Part of a long output that the story shows: its first or last lines, as `head` and `tail` would. */
type Shown = { readonly head: number } | { readonly tail: number };

function shownPart(output: string, shown: Shown | undefined): readonly [pipe: string, text: string] {
  if (shown === undefined) return ['', output];
  const all = output.trimEnd().split('\n');
  const part = 'head' in shown ? all.slice(0, shown.head) : all.slice(-shown.tail);
  const pipe = 'head' in shown ? ` | head -n ${shown.head}` : ` | tail -n ${shown.tail}`;
  return [pipe, `${part.join('\n')}\n`];
}

function fettle(args: string, expected: number, shown?: Shown): string {
  const done = spawnSync(process.execPath, [cli, ...args.split(' ')], {
    cwd: project,
    env: environment(),
    encoding: 'utf8',
  });
  const [pipe, text] = shownPart(done.stdout, shown);
  print(`$ fettle ${args}${pipe}\n${text}${done.stderr}`);
  if (done.status !== expected) throw new Error(`fettle ${args} ended with ${done.status}, not ${expected}`);
  return done.stdout;
}

function mustSay(output: string, ...texts: readonly string[]): void {
  for (const text of texts) if (!output.includes(text)) throw new Error(`the output does not say "${text}"`);
}

async function startSandbox(): Promise<void> {
  print('$ fettle sandbox up play &\n');
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

async function stopped(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Starts the daemon on the project, and waits for its first round. Returns its address. */
async function startServe(token: string): Promise<string> {
  const host = join(folder, 'host');
  mkdirSync(host, { mode: 0o700 });
  const hash = createHash('sha256').update(token).digest('hex');
  writeFileSync(
    join(host, 'serve.yaml'),
    `listen: 127.0.0.1:0\naccess: { tokens: [{ name: demo, hash: "sha256:${hash}", roles: [operate] }] }\n`,
    { mode: 0o600 },
  );
  print(`$ fettle serve --serve-config ${join(host, 'serve.yaml')} &\n`);
  const child = spawn(process.execPath, [cli, 'serve', '--serve-config', join(host, 'serve.yaml')], {
    cwd: project,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  daemon = child;
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${output}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, port] = /port (\d+)/u.exec(output) ?? [];
      if (port !== undefined && /resources? refreshed/u.test(output)) resolve(`http://127.0.0.1:${port}/`);
    });
  });
  child.removeAllListeners('exit');
  return address;
}

/** Replaces the recorded authority; returns a function that restores the old one. */
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

/** The certificate that a server of the sandbox serves: SHA-256, as hex digits with colons. */
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
  print(`served before ${short(before)}, now ${short(now)}; stored ${short(stored)}\n`);
  if (now === before || now !== stored) throw new Error(`${name} does not serve what is stored`);
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** Changes the VLAN of a VPC in the cluster, as `kubectl edit` does. */
async function editVlan(vpc: string, vlan: number): Promise<void> {
  const file = join(project, 'kubernetes/kubeconfig');
  const { clusters, users } = JSON.parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const path = `/apis/vpc.githedgehog.com/v1beta1/namespaces/default/vpcs/${vpc}?fieldManager=kubectl-edit`;
  const headers = {
    authorization: `Bearer ${users[0].user.token}`,
    'content-type': 'application/merge-patch+json',
  };
  const sent = request(`${server}${path}`, { method: 'PATCH', ca: Buffer.from(ca, 'base64'), headers });
  sent.end(JSON.stringify({ spec: { subnets: { default: { vlan } } } }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  if (answer.statusCode !== 200) throw new Error(`the change of ${vpc} was answered with ${answer.statusCode}`);
}

async function story(): Promise<void> {
  say(
    'A few TLS servers that were neglected for a while, an account at a cloud provider, a network fabric, and documents\nabout all of them.',
  );
  await startSandbox();

  say('Existing resources are adopted first, by rows of their own. Problems of the servers are findings.');
  mustSay(
    fettle('plan --target certificates/**', 0, { head: 26 }),
    'adopt:',
    'absent > normal',
    'wrong-name',
    'timeout',
    'expired 3 days ago',
    'stale-address',
    'chain-incomplete',
  );
  mustSay(fettle('apply --yes', 0, { tail: 2 }), '35 done');

  say("The sandbox has an ACME authority, as Let's Encrypt is one. Its certificate was ordered, proven and stored:");
  mustSay(fettle('log list --address certificates/Certificate/public', 0, { tail: 6 }), 'progress', 'absent > normal');
  await servedFingerprint('public');

  say(
    'Two certificates are due for renewal, and one has expired. The document of a protected certificate was\ndeleted: its removal is a row of the plan, REJECTED. Apply does the rest and exits with 3.',
  );
  const document = join(project, 'desired/good.yaml');
  const text = readFileSync(document, 'utf8');
  rmSync(document);
  const plan = fettle('plan --target certificates/**', 0, { head: 14 });
  mustSay(plan, 'REJECTED protected', 'expiring_soon > renewing', 'expired > recovering', '--override');
  const before = await servedFingerprint('reload');
  mustSay(fettle('apply --yes', 3, { tail: 2 }), '5 done', '1 rejected');

  say('A renewal is done when the new certificate is served: this server got a signal to reload.');
  await endsServed('reload', before);

  say('The document returns, and somebody replaces the certificate authority. Nothing is signed with the new one:');
  writeFileSync(document, text);
  const putBack = await swapAuthority();
  mustSay(fettle('explain certificates/Issuer/sandbox', 0, { head: 12 }), 'REJECTED', 'issuer-changed', 'override');

  say('The old authority returns. A private key has become readable for everybody: that is drift, and is repaired.');
  putBack();
  chmodSync(join(project, 'tls/api.key'), 0o644);
  mustSay(fettle('drift', 2, { head: 3 }), 'Drift: 1 of', '"0600" → "0644"');
  mustSay(fettle('apply --yes', 0, { tail: 2 }), '1 done');
  mustSay(fettle('apply --yes', 0, { tail: 2 }), 'Nothing to do.');

  await fabricStory();
  await nodesStory();
  portsStory();

  say('The log has every decision with its reasons, and can be verified.');
  mustSay(
    fettle('log list --action node_decommission --last 3', 0),
    'too-young: Ready node too young',
    'nodes/Node/idle  success',
  );
  mustSay(fettle('log verify', 0), 'the log is valid');
}

/** A VPC and its attachment: the attachment cannot be tried before the VPC exists. */
const NEW_VPC = `apiVersion: vpc.githedgehog.com/v1beta1
kind: VPC
metadata: { name: lab, namespace: default }
spec: { subnets: { default: { subnet: 10.10.3.0/24, vlan: 1003 } } }
---
apiVersion: vpc.githedgehog.com/v1beta1
kind: VPCAttachment
metadata: { name: lab--server-3, namespace: default }
spec: { subnet: lab/default, connection: server-3--unbundled--leaf-2 }
`;

/** The network fabric: a VPC that is in use, a new one, and one that somebody changes. */
async function fabricStory(): Promise<void> {
  say(
    'The fabric is a Kubernetes API server, and the plan is its answer to a dry run. A VPC loses its document while a\nserver is attached to it: REJECTED. The attachment of a new VPC is unproven until the VPC exists.',
  );
  const shop = join(project, 'desired/fabric/vpc-shop.yaml');
  const text = readFileSync(shop, 'utf8');
  rmSync(shop);
  writeFileSync(join(project, 'desired/fabric/vpc-lab.yaml'), NEW_VPC);
  mustSay(
    fettle('plan --target fabric/**', 0, { head: 14 }),
    'Unproven: the cluster says today: vvpcattachment.kb.io: failed to validate vpc attachment: vpc lab not found',
    'REJECTED dependency: fabric/VPCAttachment/lab/default/shop--server-1 depends on the resource',
    'REJECTED refused: The cluster refuses the step: vvpc.kb.io: VPC has attachments',
  );
  mustSay(fettle('apply --yes', 3, { tail: 2 }), '3 done', '1 rejected');

  say(
    'The document returns, and somebody changes a VLAN with `kubectl edit`. The row names the author, and apply heals the VPC.',
  );
  writeFileSync(shop, text);
  await editVlan('office', 1500);
  mustSay(
    fettle('plan --target fabric/VPC/**', 0, { head: 3 }),
    'kubectl-edit at ',
    'spec.subnets.default.vlan: 1500 → 1002  (drift)',
  );
  mustSay(fettle('apply --yes', 0, { tail: 2 }), '1 done');
  mustSay(fettle('apply --yes', 0, { tail: 2 }), 'Nothing to do.');
}

/** The servers: one is young, one has containers, and one is idle. */
async function nodesStory(): Promise<void> {
  say('Three servers lose their documents: one has containers, one is young, and one has been idle for a while.');
  for (const name of ['young', 'busy', 'idle']) rmSync(join(project, `desired/node-${name}.yaml`));
  mustSay(
    fettle('plan --target nodes/**', 0),
    'REJECTED too-young: Ready node too young',
    'REJECTED drains-containers: Node has 1 container',
    'idle > draining',
    'a month',
  );
  mustSay(fettle('apply --yes', 3, { tail: 2 }), '1 done', '2 rejected');

  say('After its drain grace, the idle server is refreshed and judged again, and then removed. The others stay.');
  // Its document had `drainGrace: 2s`.
  await sleep(2000);
  mustSay(fettle('apply --yes', 3, { tail: 2 }), 'draining > decommissioned', '1 done', '2 rejected');
}

/** The switch: two ports carry the path over which it is managed. */
function portsStory(): void {
  say('Two ports of a SONiC switch carry its management path, and a document shuts both: REJECTED.');
  const uplinks = join(project, 'desired/ports-uplinks.yaml');
  const text = readFileSync(uplinks, 'utf8');
  writeFileSync(uplinks, text.replaceAll('admin_status: up', 'admin_status: down'));
  mustSay(
    fettle('plan --target portsync/**', 0, { head: 6 }),
    'REJECTED would-cut-management-path',
    'the declared management path PortChannel1 uses PortChannel1, which needs 1 of its carriers',
  );

  say(
    'With `confirm`, a change is taken back unless the switch works after it. The take-back is armed before the change,\nwhich interrupts one of the two ports for a moment.',
  );
  writeFileSync(uplinks, text.replace('fec: rs', 'fec: none'));
  const device = join(project, 'desired/switch-leaf.yaml');
  writeFileSync(device, `${readFileSync(device, 'utf8')}  confirm: { within: 30s, settle: 10s }\n`);
  mustSay(
    fettle('apply --yes --target portsync/**', 0, { tail: 6 }),
    'The switch works after the change, which is confirmed',
    '2 done',
  );
}

/** The same plan as a page, for as long as the reader wants it. */
async function pageStory(): Promise<void> {
  say('The daemon shows all of this as pages. It refreshes on a schedule, and applies only what its host permits.');
  const token = randomBytes(8).toString('hex');
  const url = await startServe(token);
  const authorization = `Basic ${Buffer.from(`demo:${token}`).toString('base64')}`;
  const page = await fetch(`${url}plan`, { headers: { authorization } });
  mustSay(await page.text(), 'too-young', 'drains-containers');
  print(`${url} (any name; the password is ${token})\n`);
  if (!process.stdin.isTTY || !process.stdout.isTTY) return;
  print('Press Enter to go on.\n');
  await once(process.stdin, 'data');
  process.stdin.unref();
}

async function cleanUp(): Promise<void> {
  await stopped(daemon);
  await stopped(sandbox);
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void cleanUp().then(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}

try {
  await story();
  await pageStory();
  say(
    `That took ${((Date.now() - started) / 1000).toFixed(0)} s, and left nothing behind. \`npx --no-install fettle sandbox up play --serve\` is yours to go on with.`,
  );
  if (lines > MOST_LINES) throw new Error(`the story has ${lines} lines; the limit is ${MOST_LINES}`);
} catch (error) {
  process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
