/** The handover by the documented forms of folders: solvers, obstacles, and hostile files. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readAccountKey } from '../../../../plugins/certificates/acme/jws.ts';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { fettleHere } from '../../../support/command-line.ts';
import { openssl } from '../support.ts';

const ID = '0123456789abcdef0123456789abcdef';
const LETSENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const ACCOUNT = `accounts/acme-v02.api.letsencrypt.org/directory/${ID}`;

let folder: string;
let settings: string;
beforeEach(() => {
  folder = temporaryFolder();
  settings = '';
  mkdirSync(join(folder, 'desired'), { recursive: true });
});

function pair(dir: string, names: readonly string[], files: readonly [string, string] = ['cert.pem', 'privkey.pem']) {
  mkdirSync(join(folder, dir), { recursive: true });
  const san = names.map((name) => `DNS:${name}`).join(',');
  openssl(
    join(folder, dir),
    `req -x509 -nodes -days 90 -subj /CN=${names[0] ?? ''} -addext subjectAltName=${san} -addext basicConstraints=critical,CA:FALSE -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout ${files[1]} -out ${files[0]}`,
  );
}

function keyPem(): string {
  return execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A certificate of certbot, with the settings of its renewal. */
function lineage(name: string, names: readonly string[], params: string): void {
  pair(`le/live/${name}`, names);
  writeFiles(folder, {
    [`le/renewal/${name}.conf`]: `version = 2.1.0\n[renewalparams]\naccount = ${ID}\nserver = ${LETSENCRYPT}\n${params}\n`,
    [`le/${ACCOUNT}/private_key.json`]: '{"kty":"RSA"}',
    [`le/${ACCOUNT}/regr.json`]: '{"body":{"contact":["mailto:ops@example.test"]},"uri":"https://a.example.test/1"}',
  });
}

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly issuer?: string;
    readonly renewal?: unknown;
    readonly reload?: unknown;
    readonly acme?: { readonly [key: string]: unknown };
  };
}

interface Imported {
  readonly text: string;
  readonly stderr: string;
  readonly issuer: Document['spec']['acme'];
  readonly of: (name: string) => Document['spec'] | undefined;
}

/** Imports folders; validation accepts the documents. */
async function imports(...places: readonly string[]): Promise<Imported> {
  writeFiles(folder, { 'fettle.yaml': `name: test\nstore: .fettle\n${settings}` });
  const words = ['import', '--all', '--plugin', 'certificates', ...places, '-o', 'desired/imported.yaml'];
  const { code, stderr } = await fettleHere(folder, ...words);
  expect([code, stderr]).toEqual([0, expect.stringContaining('document')]);
  const validated = await fettleHere(folder, 'validate');
  expect([validated.code, validated.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  const text = readFileSync(join(folder, 'desired/imported.yaml'), 'utf8');
  const documents = parseAllDocuments(text).map((each) => each.toJS() as Document);
  return {
    text,
    stderr,
    issuer: documents.find(({ kind }) => kind === 'Issuer')?.spec.acme,
    of: (name) => documents.find((each) => each.kind === 'Certificate' && each.metadata.name === name)?.spec,
  };
}

const OFF = { enabled: false };
const WEB = { webroot: '/var/www/a', selfCheck: 'advisory' };

describe('certbot', () => {
  it('gives each name the solver of its method, and names before patterns', async () => {
    settings =
      'plugins: { certificates: { acme: { dnsProviders: { corp: { rfc2136: { server: ns1.example.test, keyName: k } } } } } }\n';
    lineage(
      'a.example.test',
      ['a.example.test', 'b.example.test'],
      'authenticator = webroot\nwebroot_path = /var/www/b,\npreferred_chain = ISRG Root X1\n[[webroot_map]]\na.example.test = /var/www/a',
    );
    lineage('w', ['*.example.test', 'example.test'], 'authenticator = dns-rfc2136\npreferred_chain = ISRG Root X1');
    lineage('s', ['s.example.test'], 'authenticator = standalone\nhttp01_port = 8080\npreferred_chain = ISRG Root X1');
    const { issuer, of, text } = await imports('le');
    expect(issuer).toEqual({
      directory: 'letsencrypt',
      accountKey: `../le/${ACCOUNT}/private_key.json`,
      contact: ['ops@example.test'],
      preferredChain: 'ISRG Root X1',
      solvers: [
        { match: { names: ['a.example.test'] }, http01: WEB },
        { match: { names: ['b.example.test'] }, http01: { webroot: '/var/www/b', selfCheck: 'advisory' } },
        { match: { names: ['s.example.test'] }, http01: { listener: { port: 8080 }, selfCheck: 'advisory' } },
        { match: { names: ['example.test'] }, dns01: { provider: 'corp' } },
        { match: { names: ['*.example.test'] }, dns01: { provider: 'corp' } },
      ],
    });
    for (const name of ['a.example.test', 's.example.test'])
      expect(of(name)).toMatchObject({ issuer: 'letsencrypt', dnsNames: expect.any(Array) as unknown });
    expect(text).not.toContain('enabled: false');
  });

  it.each([
    ['authenticator = nginx\ninstaller = nginx', 'certbot proves its names by nginx. Add a solver to the Issuer'],
    ['authenticator = dns-rfc2136', 'Declare it in `plugins.certificates.acme.dnsProviders` of fettle.yaml'],
    ['authenticator = webroot\nwebroot_path = www,', 'Its webroot is not an absolute path'],
    ['authenticator = standalone\npre_hook = systemctl stop nginx', 'certbot runs a command before a renewal'],
    ['authenticator = standalone\nrenew_hook = systemctl reload nginx', 'Add ["systemctl","reload","nginx"] to'],
    ['authenticator = standalone\nrenew_hook = "a; b $X"', 'Put the command into a script'],
    ['authenticator = standalone\nrenew_hook = SERVICE=nginx systemctl reload nginx', 'Put the command into a script'],
    ['authenticator = standalone\ninstaller = nginx', 'Add ["nginx","-s","reload"] to'],
    ['authenticator = standalone\ninstaller = apache', 'Set `reload` of the Certificate'],
    ['authenticator = standalone\nrenew_hook = a\npost_hook = b', 'several commands after a renewal: a; b'],
    ['authenticator = standalone\nautorenew = False', 'certbot does not renew it (`autorenew` is False)'],
    ['authenticator = standalone\nreuse_key = True', 'and fettle creates another one. Remove pins of the key'],
  ])('keeps the renewal with %j', async (params, remedy) => {
    lineage('a.example.test', ['a.example.test'], params);
    const { of, text } = await imports('le');
    expect(of('a.example.test')).toMatchObject({ issuer: 'letsencrypt', renewal: OFF, recovery: OFF });
    expect(text).toContain(remedy);
  });

  it('has the commands of its configuration, and of scripts behind links', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    writeFiles(folder, { 'le/cli.ini': '# usual options\ndeploy-hook = systemctl reload nginx\n' });
    settings = 'plugins: { certificates: { commands: [[systemctl, reload, nginx]] } }\n';
    expect((await imports('le')).of('a.example.test')).toMatchObject({
      reload: { command: ['systemctl', 'reload', 'nginx'] },
    });
    rmSync(join(folder, 'desired/imported.yaml'));
    writeFiles(folder, { 'bin/reload': '#!/bin/sh\n', 'le/cli.ini': '' });
    mkdirSync(join(folder, 'le/renewal-hooks/deploy'), { recursive: true });
    symlinkSync(join(folder, 'bin/reload'), join(folder, 'le/renewal-hooks/deploy/reload'));
    const { of, text } = await imports('le');
    expect(of('a.example.test')?.renewal).toEqual(OFF);
    expect(text).toContain('renewal-hooks/deploy/reload');
  });

  it('has an account of the first protocol at the directory that its certificates name', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    const accounts = join(folder, 'le/accounts');
    renameSync(join(accounts, 'acme-v02.api.letsencrypt.org'), join(accounts, 'acme-v01.api.letsencrypt.org'));
    symlinkSync('acme-v01.api.letsencrypt.org', join(accounts, 'acme-v02.api.letsencrypt.org'));
    expect((await imports('le')).issuer).toMatchObject({ directory: 'letsencrypt' });
  });

  it('reloads with a script of its folder of hooks that needs no values of certbot', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    const script = 'le/renewal-hooks/deploy/reload.sh';
    const write = (text: string, mode: number): void => {
      writeFiles(folder, { [script]: text });
      chmodSync(join(folder, script), mode);
    };
    settings = `plugins: { certificates: { commands: [["${join(folder, script)}"]] } }\n`;
    write('#!/bin/sh\nsystemctl reload nginx\n', 0o755);
    const plain = await imports('le');
    expect(plain.of('a.example.test')).toMatchObject({ reload: { command: [join(folder, script)] } });
    expect(plain.of('a.example.test')?.renewal).toBeUndefined();
    for (const [text, mode] of [
      ['#!/bin/sh\ncp "$RENEWED_LINEAGE/cert.pem" /srv\n', 0o755],
      ['#!/bin/sh\nsystemctl reload nginx\n', 0o644],
    ] as const) {
      write(text, mode);
      rmSync(join(folder, 'desired/imported.yaml'));
      const kept = await imports('le');
      expect(kept.of('a.example.test')?.renewal).toEqual(OFF);
      expect(kept.text).toContain('renewal-hooks/deploy/reload.sh');
    }
  });

  it('reloads with the command of the scheduler, and names every command that fettle.yaml has to list', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    lineage('b.example.test', ['b.example.test'], 'authenticator = standalone');
    writeFiles(folder, {
      'etc/cron.d/certbot': `# a comment: certbot renew --deploy-hook no
0 */12 * * * root test -x /usr/bin/certbot && perl -e 'sleep int(rand(43200))' && certbot -q renew --deploy-hook "systemctl reload nginx" >/dev/null 2>&1
`,
    });
    const first = await imports('le', 'etc');
    expect(first.of('a.example.test')?.renewal).toEqual(OFF);
    expect(first.stderr).toContain(
      'commands: [["systemctl","reload","nginx"]] } }`, remove the written documents, and run the import again',
    );
    settings = 'plugins: { certificates: { commands: [["systemctl","reload","nginx"]] } }\n';
    rmSync(join(folder, 'desired/imported.yaml'));
    const again = await imports('le', 'etc');
    for (const name of ['a.example.test', 'b.example.test']) {
      expect(again.of(name)).toMatchObject({ reload: { command: ['systemctl', 'reload', 'nginx'] } });
      expect(again.of(name)?.renewal).toBeUndefined();
    }
    expect(again.stderr).not.toContain('next step');
  });

  it('reloads with the command of its hook if fettle.yaml lists the command', async () => {
    settings = 'plugins: { certificates: { commands: [[systemctl, reload, nginx]] } }\n';
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone\nrenew_hook = systemctl reload nginx');
    const { of } = await imports('le');
    expect(of('a.example.test')).toMatchObject({ reload: { command: ['systemctl', 'reload', 'nginx'] } });
    expect(of('a.example.test')?.renewal).toBeUndefined();
  });

  it('keeps the renewal with another profile than that of the Issuer', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone\nrequired_profile = shortlived');
    lineage('b.example.test', ['b.example.test'], 'authenticator = standalone');
    const { issuer, of } = await imports('le');
    expect(issuer).toMatchObject({ profile: 'shortlived' });
    expect(of('a.example.test')?.renewal).toBeUndefined();
    expect(of('b.example.test')?.renewal).toEqual(OFF);
  });

  it('uses the Issuer that declares the key of the account already', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    writeFiles(folder, {
      'desired/own.yaml': `apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: own }\nspec: { acme: { directory: letsencrypt, accountKey: ../le/${ACCOUNT}/private_key.json, solvers: [{ http01: { listener: {} } }] } }\n`,
    });
    const { issuer, of } = await imports('le');
    expect(issuer).toBeUndefined();
    expect(of('a.example.test')).toMatchObject({ issuer: 'own' });
    expect(of('a.example.test')?.renewal).toBeUndefined();
  });

  it('names an account that no certificate uses, and writes no Issuer for it', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    const other = 'le/accounts/acme-staging-v02.api.letsencrypt.org/directory/ffffffffffffffffffffffffffffffff';
    writeFiles(folder, { [`${other}/private_key.json`]: '{}' });
    const { text, stderr } = await imports('le');
    expect(text.match(/kind: Issuer/gu)).toHaveLength(1);
    expect(stderr).toContain(`passed over: ${other}/private_key.json: is the key of an account of certbot`);
  });
});

describe('acme.sh', () => {
  const conf = (more: string): string => `Le_Domain='a.example.test'\nLe_API='${LETSENCRYPT}'\n${more}`;

  function account(): void {
    writeFiles(folder, {
      'sh/ca/acme-v02.api.letsencrypt.org/directory/account.key': keyPem(),
      'sh/ca/acme-v02.api.letsencrypt.org/directory/ca.conf': "CA_EMAIL='ops@example.test'\n",
      'sh/account.conf': "SAVED_CF_Token='hunter2-secret'\n",
    });
  }

  it('has a method for each name, and the command in base64', async () => {
    settings = 'plugins: { certificates: { commands: [[service, nginx, reload]] } }\n';
    account();
    pair(
      'sh/a.example.test_ecc',
      ['a.example.test', 'b.example.test', 'c.example.test'],
      ['a.example.test.cer', 'a.example.test.key'],
    );
    const command = Buffer.from('service nginx reload').toString('base64');
    writeFiles(folder, {
      'sh/a.example.test_ecc/a.example.test.conf': conf(
        `Le_Alt='b.example.test,c.example.test'\nLe_Webroot='/var/www/a,,no'\nLe_HTTPPort='8080'\nLe_ReloadCmd='__ACME_BASE64__START_${command}__ACME_BASE64__END_'\nSAVED_CF_Token='hunter2-secret'\n`,
      ),
    });
    const { issuer, of, text, stderr } = await imports('sh');
    expect(issuer).toEqual({
      directory: 'letsencrypt',
      accountKey: '../sh/ca/acme-v02.api.letsencrypt.org/directory/account.key',
      contact: ['ops@example.test'],
      solvers: [
        { match: { names: ['a.example.test', 'b.example.test'] }, http01: WEB },
        { match: { names: ['c.example.test'] }, http01: { listener: { port: 8080 }, selfCheck: 'advisory' } },
      ],
    });
    expect(of('a.example.test')).toMatchObject({ reload: { command: ['service', 'nginx', 'reload'] } });
    expect(of('a.example.test')?.renewal).toBeUndefined();
    expect(text + stderr).not.toMatch(/hunter2|PRIVATE|account\.key: holds/u);
  });

  it('is adopted where acme.sh installs it, with its command', async () => {
    settings = 'plugins: { certificates: { commands: [[service, nginx, reload]] } }\n';
    account();
    pair('sh/a.example.test_ecc', ['a.example.test'], ['a.example.test.cer', 'a.example.test.key']);
    mkdirSync(join(folder, 'nginx'));
    copyFileSync(join(folder, 'sh/a.example.test_ecc/a.example.test.cer'), join(folder, 'nginx/a.crt'));
    copyFileSync(join(folder, 'sh/a.example.test_ecc/a.example.test.key'), join(folder, 'nginx/a.key'));
    writeFiles(folder, {
      'sh/a.example.test_ecc/a.example.test.conf': conf(
        `Le_Webroot='/var/www/a'\nLe_RealKeyPath='${join(folder, 'nginx/a.key')}'\nLe_RealFullChainPath='${join(folder, 'nginx/a.crt')}'\nLe_ReloadCmd='service nginx reload'\n`,
      ),
    });
    const both = await imports('sh', 'nginx');
    expect(both.of('a.example.test')).toMatchObject({
      issuer: 'letsencrypt',
      storage: { file: { certificate: '../nginx/a.crt', key: '../nginx/a.key' } },
      reload: { command: ['service', 'nginx', 'reload'] },
    });
    expect(both.of('a.example.test')?.renewal).toBeUndefined();
    expect(both.text.match(/kind: Certificate/gu)).toHaveLength(1);
    const elsewhere =
      'is installed by acme.sh as nginx/a.crt, which the service reads. Search the folder of that file too';
    rmSync(join(folder, 'desired/imported.yaml'));
    const { stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'sh');
    expect(stderr).toContain(elsewhere);
  });

  it.each([
    ["Le_Webroot='dns_cf'\n", 'acme.sh proves names by dns_cf'],
    ["Le_Webroot='/var/www/a'\nLe_RealKeyPath='/etc/nginx/a.key'\n", 'acme.sh installs copies: /etc/nginx/a.key'],
    [
      "Le_Webroot='/var/www/a'\nLe_ChallengeAlias='alias.example.test'\n",
      'acme.sh sets the records of its challenges at',
    ],
    ["Le_Webroot='/var/www/a'\nLe_DeployHook='haproxy,'\n", 'acme.sh deploys by haproxy'],
  ])('keeps the renewal with %j', async (more, remedy) => {
    account();
    pair('sh/a.example.test', ['a.example.test'], ['a.example.test.cer', 'a.example.test.key']);
    writeFiles(folder, { 'sh/a.example.test/a.example.test.conf': conf(more) });
    const { of, text } = await imports('sh');
    expect(of('a.example.test')).toMatchObject({ issuer: 'letsencrypt', renewal: OFF });
    expect(text).toContain(remedy);
  });
});

describe('dehydrated', () => {
  const encoded = Buffer.from(`${LETSENCRYPT}\n`).toString('base64url');

  beforeEach(() => {
    writeFiles(folder, { [`lib/accounts/${encoded}/account_key.pem`]: keyPem() });
    pair('lib/certs/a.example.test', ['a.example.test'], ['cert-1.pem', 'privkey-1.pem']);
    symlinkSync('cert-1.pem', join(folder, 'lib/certs/a.example.test/cert.pem'));
    symlinkSync('privkey-1.pem', join(folder, 'lib/certs/a.example.test/privkey.pem'));
    // An earlier version is not a certificate of its own.
    pair('lib/certs/a.example.test', ['a.example.test'], ['cert-0.pem', 'privkey-0.pem']);
  });

  it('reads its file `config` from another folder, and a webroot of challenges', async () => {
    writeFiles(folder, {
      'etc/dehydrated/config': 'SITE=/var/www/a\nWELLKNOWN="${SITE}/.well-known/acme-challenge"\nDEMO="$(id)"\n',
    });
    const { issuer, of, text } = await imports('lib', 'etc');
    expect(issuer?.['solvers']).toEqual([{ http01: WEB }]);
    expect(issuer?.['preferredChain']).toBeUndefined();
    expect(of('a.example.test')?.renewal).toBeUndefined();
    expect(text.match(/kind: Certificate/gu)).toHaveLength(1);
  });

  it.each([
    ['PREFERRED_CHAIN="$(id)"\n', 'The values of PREFERRED_CHAIN in the settings of dehydrated'],
    ['HOOK=$(pwd)/hook.sh\n', 'The values of HOOK in the settings of dehydrated'],
    [`A=${'x'.repeat(16)}\n${'A=$A$A\n'.repeat(28)}HOOK=/$A\n`, 'The values of HOOK in the settings of dehydrated'],
    ['HOOK="curl -u ops:needle-4711"\n', 'dehydrated runs curl … (the other words are in '],
    ['', 'The web server serves /var/www/dehydrated as /.well-known/acme-challenge'],
    ['CHALLENGETYPE=dns-01\nHOOK=/etc/hook.sh\n', 'dehydrated proves its names by dns-01 and a hook'],
  ])('keeps the renewal with %j', async (config, remedy) => {
    writeFiles(folder, { 'lib/config': config });
    const { of, text } = await imports('lib');
    expect(of('a.example.test')?.renewal).toEqual(OFF);
    expect(text).toContain(remedy);
    expect(text).not.toContain('needle-4711');
  });

  it('keeps the renewal without its file `config`', async () => {
    const { of, text } = await imports('lib');
    expect(of('a.example.test')?.renewal).toEqual(OFF);
    expect(text).toContain('The file `config` of dehydrated was not found');
  });
});

describe('dehydrated with a hook', () => {
  it('deploys by the call of the hook for a new certificate', async () => {
    const encoded = Buffer.from(`${LETSENCRYPT}\n`).toString('base64url');
    const certs = 'lib/certs/a.example.test';
    writeFiles(folder, {
      [`lib/accounts/${encoded}/account_key.pem`]: keyPem(),
      'lib/config': 'WELLKNOWN=/var/www/a/.well-known/acme-challenge\nHOOK=/etc/dehydrated/hook.sh\n',
    });
    pair(certs, ['a.example.test']);
    const files = ['privkey', 'cert', 'fullchain', 'chain'].map((name) => join(folder, certs, `${name}.pem`));
    const command = ['/etc/dehydrated/hook.sh', 'deploy_cert', 'a.example.test', ...files, '0'];
    const first = await imports('lib');
    expect(first.of('a.example.test')?.renewal).toEqual(OFF);
    expect(first.stderr).toContain(JSON.stringify(command));
    settings = `plugins: { certificates: { commands: [${JSON.stringify(command)}] } }\n`;
    rmSync(join(folder, 'desired/imported.yaml'));
    const again = await imports('lib');
    expect(again.of('a.example.test')).toMatchObject({ deploy: { command } });
    expect(again.of('a.example.test')?.renewal).toBeUndefined();
  });
});

describe('lego', () => {
  function stored(keys: string): void {
    pair('lego/certificates', ['a.example.test'], ['a.example.test.crt', 'a.example.test.key']);
    const account = 'lego/accounts/acme-v02.api.letsencrypt.org/ops@example.test';
    const own = keys === 'keys' ? account : `${account}/${keys}`;
    writeFiles(folder, {
      'lego/certificates/a.example.test.json':
        '{"domain":"a.example.test","certUrl":"https://acme-v02.api.letsencrypt.org/acme/cert/1"}',
      [`${account}/${keys}/ops@example.test.key`]: keyPem(),
      [`${own}/account.json`]: '{"email":"ops@example.test"}',
    });
  }

  const line = (more: string): string => `/usr/local/bin/lego --email ops@example.test -d a.example.test ${more}`;

  it.each<readonly [string, string, object]>([
    ['etc/cron.d/lego', `5 4 * * * root ${line('--http --http.webroot /var/www/a renew')}`, WEB],
    [
      'etc/systemd/system/lego.service',
      `[Service]\nExecStart=${line('\\\n  --http --http.port :8080 \\\n  renew --days 30')}\n`,
      { listener: { port: 8080 }, selfCheck: 'advisory' },
    ],
    ['etc/cron.daily/lego', `#!/bin/sh\nsh -c '${line('--http --http.webroot "/var/www/a" renew')} && true'\n`, WEB],
  ])('is proven as the scheduler in %s has it', async (path, text, http01) => {
    stored('keys');
    writeFiles(folder, { [path]: text });
    const { issuer, of } = await imports('lego', 'etc');
    expect(issuer?.['solvers']).toEqual([{ http01 }]);
    expect(of('a.example.test')?.renewal).toBeUndefined();
  });

  it('reloads with the hook of the scheduler', async () => {
    settings = 'plugins: { certificates: { commands: [[systemctl, reload, nginx]] } }\n';
    stored('keys');
    writeFiles(folder, {
      'etc/cron.d/lego': `5 4 * * * root ${line(`--path ${join(folder, 'lego')}/ --http.webroot /var/www/a --http renew --renew-hook="systemctl reload nginx"`)}\n`,
    });
    const { of } = await imports('lego', 'etc');
    expect(of('a.example.test')).toMatchObject({ reload: { command: ['systemctl', 'reload', 'nginx'] } });
    expect(of('a.example.test')?.renewal).toBeUndefined();
  });

  it.each([
    ['', 'lego does not record how it proves names'],
    [line('--tls renew'), 'tls-alpn-01'],
    [line('--dns cloudflare renew'), 'the DNS of cloudflare'],
    [line('--http --http.webroot "$ROOT" renew'), 'listener: {}'],
    [line('--http renew --pre-hook stop'), 'runs a command before a renewal'],
    [line('--path /other --http renew'), 'lego does not record how it proves names'],
    ['lego --http -d b.example.test renew', 'lego does not record how it proves names'],
  ])('with the line %j', async (text, expected) => {
    stored('keys');
    writeFiles(folder, { 'etc/cron.d/lego': `5 4 * * * root ${text}\n` });
    expect((await imports('lego', 'etc')).text).toContain(expected);
  });

  it.each([
    ['challenge: http-01', '', { listener: {}, selfCheck: 'advisory' }],
    ['challenge: web', 'challenges: { web: { http: { webroot: /var/www/a } } }', WEB],
    ['domains: [a.example.test]', 'challenges: { web: { http: { webroot: /var/www/a } } }', WEB],
  ])('of version 5 is proven as its configuration has it: %j', async (certificate, more, http01) => {
    settings = 'plugins: { certificates: { commands: [[systemctl, reload, nginx]] } }\n';
    stored('EC256');
    writeFiles(folder, {
      '.lego.yml': `storage: ./lego\nhooks: { deploy: { command: systemctl reload nginx } }\n${more}\ncertificates:\n  a.example.test: { ${certificate} }\n`,
    });
    const { issuer, of } = await imports('.');
    expect(issuer).toMatchObject({ contact: ['ops@example.test'], solvers: [{ http01 }] });
    expect(of('a.example.test')).toMatchObject({ reload: { command: ['systemctl', 'reload', 'nginx'] } });
    expect(of('a.example.test')?.renewal).toBeUndefined();
  });

  it.each(['a: &a [*a', 'certificates: [1]', '&a [*a, *a]', '__proto__: { x: 1 }'])(
    'ignores a configuration that is %j',
    async (text) => {
      stored('EC256');
      writeFiles(folder, { '.lego.yml': text });
      expect((await imports('.')).of('a.example.test')?.renewal).toEqual(OFF);
    },
  );
});

describe('a hostile folder', () => {
  it('puts no character of a terminal into documents or output', async () => {
    lineage(
      'a.example.test',
      ['a.example.test'],
      'authenticator = \u001b[2Jx\nrenew_hook = \u001b]0;owned\u0007 ::error::x',
    );
    const { text, stderr } = await imports('le');
    expect(text + stderr).not.toMatch(/\u001b|\u0007/u);
  });

  it.each([
    'renew_hook = curl -H "Authorization: Bearer needle-4711" https://hooks.example.test',
    'renew_hook = curl --data needle-4711; true',
    'renew_hook = curl https://ops:needle-4711@hooks.example.test',
    'renew_hook = curl -u ops:needle-4711 https://hooks.example.test',
    'renew_hook = restart --password needle-4711',
    'renew_hook = curl https://hooks.example.test/T0needle4711needle4711',
    'renew_hook = TOKEN=needle-4711 reload',
    'renew_hook = "A=\'x needle-4711\' reload"',
    'pre_hook = curl --data needle-4711 https://hooks.example.test',
    'renew_hook = a\npost_hook = b needle-4711',
    'installer = https://ops:needle-4711@example.test',
  ])('has no secret of a command line in documents or output: %j', async (params) => {
    const words = ['restart', '--password', 'needle-4711'];
    settings = `plugins: { certificates: { commands: [${JSON.stringify(words)}] } }\n`;
    lineage('a.example.test', ['a.example.test'], `authenticator = standalone\n${params}`);
    const { text, stderr, of } = await imports('le');
    expect(of('a.example.test')).toMatchObject({ renewal: OFF });
    expect(of('a.example.test')?.reload).toBeUndefined();
    expect(text + stderr).not.toMatch(/needle-?4711/u);
    if (params.includes('hook')) expect(text).toContain('le/renewal/a.example.test.conf');
  });

  it('has no method with the name of a member of every object', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = constructor');
    expect((await imports('le')).text).toContain('certbot proves its names by constructor. Add a solver');
  });

  it('has no directory with a password', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    const file = join(folder, 'le/renewal/a.example.test.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace('https://', 'https://ops:needle-4711@'));
    const { text, stderr, issuer } = await imports('le');
    expect(issuer).toMatchObject({ directory: 'letsencrypt' });
    expect(text + stderr).not.toContain('needle-4711');
  });

  it('says which settings are beyond the limit of their sum', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    const text = `x = ${'y'.repeat(65_000)}\n`;
    writeFiles(
      folder,
      Object.fromEntries(Array.from({ length: 270 }, (_, i) => [`le/renewal/b${i}.example.test.conf`, text])),
    );
    writeFiles(folder, { 'fettle.yaml': 'name: test\nstore: .fettle\n' });
    const { code, stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'le');
    expect(stderr).toMatch(/1\d files with settings of ACME clients, this one and those after it, were not read/u);
    expect(code).toBe(4);
  });

  it('has no settings behind links or in large files', async () => {
    lineage('a.example.test', ['a.example.test'], 'authenticator = standalone');
    lineage('b.example.test', ['b.example.test'], `authenticator = standalone\nx = ${'y'.repeat(70_000)}`);
    copyFileSync(join(folder, 'le/renewal/a.example.test.conf'), join(folder, 'outside.conf'));
    pair('le/live/c.example.test', ['c.example.test']);
    symlinkSync(join(folder, 'outside.conf'), join(folder, 'le/renewal/c.example.test.conf'));
    const { of } = await imports('le');
    expect(of('a.example.test')).toMatchObject({ issuer: 'letsencrypt' });
    expect([of('b.example.test'), of('c.example.test')]).toEqual([undefined, undefined]);
  });
});

describe('the key of an account', () => {
  it('has the same thumbprint as PEM and as a JSON Web Key', async () => {
    const pem = keyPem();
    const { key, thumbprint } = await readAccountKey(pem, 'a.key');
    const jwk = JSON.stringify(key.export({ format: 'jwk' }));
    expect((await readAccountKey(` \n${jwk}`, 'a.key')).thumbprint).toBe(thumbprint);
  });

  it.each(['{', '{"kty":"RSA","d":"c2VjcmV0LW5lZWRsZQ"}', '{"kty":"oct","k":"c2VjcmV0LW5lZWRsZQ"}'])(
    'is refused without its text: %s',
    async (text) => {
      await expect(readAccountKey(text, 'a.key')).rejects.toThrow(
        /^the key of the account, a\.key, has a JSON Web Key that cannot be parsed\. /u,
      );
    },
  );
});
