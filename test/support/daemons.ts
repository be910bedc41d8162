/** Servers from Debian's packages, each in a folder of its own, in the foreground, on ports of 127.0.0.1. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Long, because several servers may start at once on few processors. */
const START_MS = 60_000;
const POLL_MS = 20;

/** A program that runs until it is stopped. */
export interface Daemon {
  readonly pid: number;
  /** Its own output. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** The files of a pair that it serves. */
export interface ServedPair {
  readonly certificate: string;
  readonly key: string;
}

/** Debian's servers are in folders of an administrator's PATH. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts a program, and waits until it accepts connections. `log`: a file that it writes, in addition to its output. */
export async function startDaemon(
  folder: string,
  argv: readonly string[],
  ports: readonly number[],
  log: string,
): Promise<Daemon> {
  const [command = '', ...args] = argv;
  const out = openSync(join(folder, 'out.log'), 'a');
  // Dies with its parent.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], {
    cwd: folder,
    env: { PATH },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const said = (): string => {
    const read = (path: string): string => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return '';
      }
    };
    return read(join(folder, 'out.log')) + read(log);
  };
  const deadline = Date.now() + START_MS;
  for (const port of ports)
    while (!(await accepts(port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`${command} does not start: ${said()}`);
      }
      await sleep(POLL_MS);
    }
  return { pid: child.pid ?? 0, log: said, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** `servers`: the content of its `http` block. It reads files below the folder, and reloads at SIGHUP. */
export async function startNginx(
  folder: string,
  servers: string,
  ports: readonly number[],
  workers: 'auto' | 1 = 1,
): Promise<Daemon> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`);
  const config = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    `worker_processes ${workers};`,
    `pid ${join(folder, 'nginx.pid')};`,
    `error_log ${join(folder, 'nginx.log')} info;`,
    'events { worker_connections 4096; }',
    `http { access_log off; ${temporary.join(' ')} ${servers} }`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), `${config.join('\n')}\n`);
  return startDaemon(
    folder,
    ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')],
    ports,
    join(folder, 'nginx.log'),
  );
}

/** `sections`: its configuration but for the times that it needs. It reloads at SIGUSR2. */
export async function startHaproxy(folder: string, sections: string, ports: readonly number[]): Promise<Daemon> {
  const config = `defaults\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n${sections}\n`;
  writeFileSync(join(folder, 'haproxy.cfg'), config);
  const argv = ['haproxy', '-W', '-db', '-p', join(folder, 'haproxy.pid'), '-f', join(folder, 'haproxy.cfg')];
  return startDaemon(folder, argv, ports, join(folder, 'haproxy.log'));
}

/** Postfix's SMTP server with STARTTLS. It needs root. */
export async function startPostfix(folder: string, port: number, { certificate, key }: ServedPair): Promise<Daemon> {
  const settings = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'mail.example.test',
    inet_interfaces: 'loopback-only',
    inet_protocols: 'ipv4',
    mydestination: '',
    local_recipient_maps: '',
    alias_maps: '',
    alias_database: '',
    maillog_file: join(folder, 'mail.log'),
    maillog_file_prefixes: folder,
    smtpd_tls_cert_file: certificate,
    smtpd_tls_key_file: key,
    smtpd_tls_security_level: 'may',
    smtpd_tls_loglevel: '1',
  };
  for (const name of ['etc', 'queue', 'data']) mkdirSync(join(folder, name));
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postfix'], { encoding: 'utf8' }));
  chownSync(join(folder, 'data'), id('-u'), id('-g'));
  // Its programs drop their permissions, and still need access.
  chmodSync(folder, 0o711);
  const main = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(folder, 'etc/main.cf'), `${main.join('\n')}\n`);
  const master = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'anvil unix - - n - 1 anvil',
    'postlog unix-dgram n - n - 1 postlogd',
  ];
  writeFileSync(join(folder, 'etc/master.cf'), `${master.join('\n')}\n`);
  return startDaemon(folder, ['postfix', '-c', join(folder, 'etc'), 'start-fg'], [port], join(folder, 'mail.log'));
}

/** Dovecot's IMAP server with STARTTLS. It needs root. */
export async function startDovecot(folder: string, port: number, { certificate, key }: ServedPair): Promise<Daemon> {
  const config = `protocols = imap
base_dir = ${join(folder, 'run')}
log_path = ${join(folder, 'dovecot.log')}
ssl = yes
ssl_cert = <${certificate}
ssl_key = <${key}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
`;
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'dovecot.conf'), config);
  return startDaemon(
    folder,
    ['dovecot', '-F', '-c', join(folder, 'dovecot.conf')],
    [port],
    join(folder, 'dovecot.log'),
  );
}
