/** The servers of the sandbox: each serves a pair of files in one of several modes. */

import { readFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer as createTcpServer } from 'node:net';
import { type SecureContext, createSecureContext, createServer as createTlsServer } from 'node:tls';

/**
 * `anew`: the files are read at each connection, so that a new pair is served immediately; `at-start`: they are read
 * at the start and at a reload; `leaf`: the server omits the rest of the chain; `silent`: it never answers.
 */
export type Serving = 'anew' | 'at-start' | 'leaf' | 'silent';

export interface Listening {
  readonly port: number;
  /** Reloads the files. */
  readonly reload: () => void;
  readonly stop: () => Promise<void>;
}

/** `path` without extension: both files of the pair. */
function contextOf(path: string, serving: Serving): SecureContext {
  const chain = readFileSync(`${path}.crt`, 'latin1');
  const [leaf = ''] = chain.split(/(?<=-----END CERTIFICATE-----\n)/u);
  return createSecureContext({ cert: serving === 'leaf' ? leaf : chain, key: readFileSync(`${path}.key`) });
}

function serverOf(path: string, serving: Serving): { readonly server: Server; readonly reload: () => void } {
  if (serving === 'silent') return { server: createTcpServer(), reload: () => undefined };
  let read = serving === 'at-start' ? contextOf(path, serving) : undefined;
  const server = createTlsServer({
    SNICallback: (_host, take) => {
      try {
        take(null, read ?? contextOf(path, serving));
      } catch (error) {
        // Between the two renames of a swap the pair does not match: this client is refused, the next one is not.
        take(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  const reload = (): void => {
    if (read !== undefined) read = contextOf(path, serving);
  };
  return { server, reload };
}

/** Starts a server; port 0 selects a free port. Throws if it cannot listen. */
export async function startServer(path: string, serving: Serving, address: string, port: number): Promise<Listening> {
  const { server, reload } = serverOf(path, serving);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, reload, stop };
}

/** The first of some addresses that a server can listen at. Throws if none. */
export async function firstThatListens(addresses: readonly string[]): Promise<string> {
  for (const address of addresses) {
    const server = createTcpServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(0, address, () => server.close(() => resolve(true)));
    });
    if (listens) return address;
  }
  throw new Error(`no server can listen at the addresses ${addresses.join(', ')}`);
}

const TRIES = 20;

/** Starts two servers on one port of two addresses. Throws if no port is free on both. */
export async function startTwo(
  first: (port: number) => Promise<Listening>,
  second: (port: number) => Promise<Listening>,
): Promise<readonly [Listening, Listening]> {
  for (let tries = 1; ; tries += 1) {
    const one = await first(0);
    try {
      return [one, await second(one.port)];
    } catch (error) {
      await one.stop();
      // Another program uses that port at the other address.
      if (tries === TRIES) throw error;
    }
  }
}
