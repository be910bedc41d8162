/**
 * A switch that copies what CONFIG_DB gets: `node switch.js PORT`. For each row of PORT that is written, it copies the
 * description to APPL_DB. It prints a line once it listens, and ends with its input.
 */

import { usualDenial } from '#plugin/net';
import { subscribe } from '../../plugins/portsync/redis/subscription.ts';
import { openSwitch, remotePlace } from '../../plugins/portsync/sonic/connect.ts';

const [port = ''] = process.argv.slice(2);
const denial = usualDenial({});
const { config, appl, close } = await openSwitch(remotePlace(`127.0.0.1:${port}`), { denial });
const prefix = `__keyspace@${config.id}__:PORT${config.separator}`;
const written = new Set<string>();
let isCopying = false;

async function copy(): Promise<void> {
  isCopying = true;
  while (written.size > 0) {
    const ports = [...written];
    written.clear();
    const values = await config.redis.pipeline(
      ports.map((name) => ['HGET', `PORT${config.separator}${name}`, 'description'] as const),
    );
    await appl.redis.pipeline(
      ports.map((name, i) => ['HSET', `PORT_TABLE${appl.separator}${name}`, 'description', String(values[i])] as const),
    );
  }
  isCopying = false;
}

const listening = await subscribe(
  config.address,
  { patterns: [`${prefix}*`] },
  ({ channel, payload }) => {
    if (payload !== 'hset') return;
    written.add(channel.slice(prefix.length));
    if (!isCopying) void copy();
  },
  { denial },
);
process.stdout.write('listening\n');
process.stdin.resume().once('end', () => {
  listening.close();
  close();
});
