/** Answers of an authority that a test changes, and what a run records of them. */

import type { Answer, Asked } from '../../../../plugins/certificates/sandbox/acme/server.ts';
import { fettle } from '../../../support/command-line.ts';

export const WWW = 'certificates/Certificate/www';

/** Changes members of the right answer. */
export const bodyWith =
  (more: (body: Readonly<Record<string, unknown>>) => object) =>
  (right: Answer): Answer => {
    const body = right.body as Readonly<Record<string, unknown>>;
    return { ...right, body: { ...body, ...more(body) } };
  };

/** Returns the fields that the state records of a resource; none for one that the state does not have. */
export async function keptOf(
  { folder }: { readonly folder: string },
  address = WWW,
): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await fettle(folder, `state show ${address}`);
  if (stdout === '') return {};
  return (JSON.parse(stdout) as { readonly kept: Readonly<Record<string, unknown>> }).kept;
}

/** The payload of a signed request, as text. */
export function payloadOf({ body }: Asked): string {
  const { payload = '' } = JSON.parse(body) as { readonly payload?: string };
  return Buffer.from(payload, 'base64url').toString();
}
