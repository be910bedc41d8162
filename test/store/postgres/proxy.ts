/** A TCP proxy in front of a server that breaks connections as networks do. */

import { createServer, type Socket, connect } from 'node:net';

export type ProxyMode =
  /** Every byte goes through. */
  | 'pass'
  /** Connections stay open, and nothing passes: half open. */
  | 'swallow'
  /** As `swallow`, for existing connections; new ones work. */
  | 'swallow-old'
  /** As `swallow`, for one connection, from its COMMIT on. */
  | 'swallow-commit'
  /** New connections are accepted, and never answered. */
  | 'silent'
  /** Existing connections are cut, and new ones end at once: the server has gone. */
  | 'gone'
  /** COMMIT reaches the server, its answer is cut off. */
  | 'cut-answer'
  /** COMMIT does not reach the server, and the connection is cut. */
  | 'cut-commit';

export interface Proxy {
  readonly port: number;
  mode(mode: ProxyMode): void;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<Proxy> {
  let mode: ProxyMode = 'pass';
  /** Connections of an earlier age are stuck. */
  let age = 0;
  const sockets = new Set<Socket>();

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  const server = createServer((inner) => {
    const client = keep(inner);
    if (mode === 'silent') return;
    if (mode === 'gone') {
      client.destroy();
      return;
    }
    const upstream = keep(connect(target, '127.0.0.1'));
    const born = age;
    let cutting = false;
    let stuck = false;
    const swallows = (): boolean => mode === 'swallow' || stuck || born < age;
    client.on('data', (chunk: Buffer) => {
      if (swallows()) return;
      // With its end: `READ COMMITTED` is something else.
      const commits = chunk.includes('COMMIT\0');
      if (commits && mode === 'cut-commit') {
        // Once: later messages pass.
        mode = 'pass';
        client.destroy();
        upstream.destroy();
        return;
      }
      if (commits && mode === 'swallow-commit') {
        mode = 'pass';
        stuck = true;
        return;
      }
      if (commits && mode === 'cut-answer') {
        mode = 'pass';
        cutting = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (swallows()) return;
      if (cutting) {
        client.destroy();
        upstream.destroy();
        return;
      }
      client.write(chunk);
    });
    client.on('close', () => {
      if (!swallows()) upstream.destroy();
    });
    upstream.on('close', () => {
      if (!swallows()) client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mode: (next) => {
      mode = next;
      if (next === 'swallow-old') age += 1;
      if (next === 'gone') for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
