/** A recording server: it keeps all bytes, and answers PostgreSQL and HTTP clients so that they continue. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Bait {
  readonly port: number;
  /** All bytes since the last call, of all connections. */
  readonly heard: () => string;
  readonly close: () => Promise<void>;
}

/** PostgreSQL's SSLRequest: a length of 8, and a number that no version has. */
const SSL_REQUEST = '0000000804d2162f';
/** AuthenticationCleartextPassword. */
const ASK_PASSWORD = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

function answer(socket: Socket, chunk: Buffer): void {
  if (chunk.subarray(0, 8).toString('hex') === SSL_REQUEST) socket.write('N');
  else if (/^[A-Z]+ \S+ HTTP\//u.test(chunk.toString('latin1'))) {
    const body = JSON.stringify({ servers: [], nodes: [] });
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  } else if (chunk[0] === 0x70) socket.end();
  else if (chunk[0] === 0) socket.write(ASK_PASSWORD);
  else socket.end();
}

export async function startBait(host = '127.0.0.1'): Promise<Bait> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      answer(socket, chunk);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(chunks.splice(0)).toString('latin1'),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
