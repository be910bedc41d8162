/** A TCP tunnel to a server of this machine, whose connections can be cut, and silenced without an end. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Tunnel {
  readonly url: string;
  /** Number of open connections. */
  readonly open: () => number;
  /** Ends all connections. */
  readonly cut: () => void;
  /** Forwards nothing more over the present connections, and keeps them open. */
  readonly freeze: () => void;
  /** New connections are ended at once, until they are accepted again. */
  readonly accept: (isAccepted: boolean) => void;
  readonly stop: () => Promise<void>;
}

/** Opens a tunnel to a port of 127.0.0.1. */
export async function openTunnel(target: URL): Promise<Tunnel> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isAccepting = true;
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    if (!isAccepting) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('data', (chunk: Buffer) => other.write(chunk));
      one.on('error', () => one.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => pairs.size,
    cut,
    freeze: () => {
      for (const pair of pairs) for (const socket of pair) socket.removeAllListeners('data').pause();
    },
    accept: (isAccepted) => {
      isAccepting = isAccepted;
    },
    stop: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
