/** `/ssh_keys`. */

import { createHash } from 'node:crypto';
import { invalidInput, notUnique } from './errors.ts';
import { filtered } from './paginate.ts';
import { presentSshKey } from './present.ts';
import { labelsIn, needed, textIn } from './request.ts';
import { type SshKeyRow, takeId } from './state.ts';
import { checkLimit, checkNameOf, type Kind } from './things.ts';

const KEY = /^(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) ([A-Za-z0-9+/]+=*)( .*)?$/;

/** MD5 fingerprint of the key with colons, in the provider's format. */
function fingerprintOf(publicKey: string): string {
  const blob = KEY.exec(publicKey.trim())?.[3];
  if (blob === undefined) throw invalidInput('public_key', 'is not an SSH public key');
  const hex = createHash('md5').update(Buffer.from(blob, 'base64')).digest('hex');
  return (hex.match(/../g) ?? []).join(':');
}

export const SSH_KEYS: Kind<SshKeyRow> = {
  many: 'ssh_keys',
  one: 'ssh_key',
  type: 'ssh_key',
  table: ({ sshKeys }) => sshKeys,
  present: (_cloud, row) => presentSshKey(row),
  filter: (rows, query) => filtered(rows, query, 'fingerprint', ({ fingerprint }) => fingerprint),
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, SSH_KEYS, needed(textIn(body, 'name'), 'name'));
    const publicKey = needed(textIn(body, 'public_key'), 'public_key');
    const fingerprint = fingerprintOf(publicKey);
    if ([...cloud.sshKeys.values()].some((row) => row.fingerprint === fingerprint))
      throw notUnique('public_key', 'SSH key');
    checkLimit(cloud.sshKeys.size, conduct.limits.sshKeys, 'SSH key');
    const labels = labelsIn(body) ?? {};
    const row = { id: takeId(cloud), name, fingerprint, publicKey, labels, created: call.now };
    cloud.sshKeys.set(row.id, row);
    return { status: 201, body: { ssh_key: presentSshKey(row) } };
  },
};
