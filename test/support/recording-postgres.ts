/** A server that speaks enough of PostgreSQL to request a password, and records all received bytes. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';

/** The requested authentication: clear text, MD5, or SCRAM. */
export type Asking = 'cleartext' | 'md5' | 'scram';

export interface RecordingServer {
  readonly port: number;
  readonly connections: () => number;
  /** All received bytes, decrypted if TLS is used, as text with one character per byte. */
  readonly received: () => string;
  readonly close: () => Promise<void>;
}

const ASKED: Readonly<Record<Asking, Buffer>> = {
  cleartext: Buffer.from([0, 0, 0, 3]),
  md5: Buffer.from([0, 0, 0, 5, 1, 2, 3, 4]),
  scram: Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]),
};

const SSL_REQUEST = 80877103;

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export interface Recording {
  readonly asking?: Asking;
  /** PEM; without it, TLS is refused. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** A socket's path, instead of a port of this machine. */
  readonly path?: string;
}

export async function startRecording({ asking = 'cleartext', tls, path }: Recording = {}): Promise<RecordingServer> {
  let connections = 0;
  let received = '';
  const sockets = new Set<Socket>();
  const talk = (socket: Socket): void => {
    let begun = false;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      if (begun) {
        // Any password is wrong.
        socket.end(message('E', Buffer.from('SFATAL\0C28P01\0Mno\0\0')));
        return;
      }
      if (bytes.length === 8 && bytes.readInt32BE(4) === SSL_REQUEST) {
        socket.write(tls === undefined ? 'N' : 'S');
        if (tls === undefined) return;
        socket.removeAllListeners('data');
        talk(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) }));
        return;
      }
      begun = true;
      socket.write(message('R', ASKED[asking]));
    });
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    talk(socket);
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    received: () => received,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Creates a self-signed certificate for a name; a client can trust `file`. */
export function selfSigned(
  folder: string,
  names: string,
): { readonly key: string; readonly cert: string; readonly file: string } {
  const [key, file] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  execFileSync(
    'openssl',
    [...made, '-subj', '/CN=test', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', file],
    { stdio: 'pipe' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}
