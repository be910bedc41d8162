/** Changes of one link, as commands of `ip`. */

import type { UpDown } from './link.ts';
import type { Words } from './batch-line.ts';

/** A change of one field. A link is named as it is before the change. */
export type LinkStep =
  | { readonly what: 'admin'; readonly link: string; readonly to: UpDown }
  /** In bytes. */
  | { readonly what: 'mtu'; readonly link: string; readonly to: number }
  /** The empty text removes an alias. */
  | { readonly what: 'alias'; readonly link: string; readonly to: string }
  /** Most kernels only rename a link that is down. */
  | { readonly what: 'name'; readonly link: string; readonly to: string }
  | { readonly what: 'address'; readonly link: string; readonly to: string }
  | { readonly what: 'queueLength'; readonly link: string; readonly to: number };

/** Limit of the kernel for names, in bytes: IFNAMSIZ of linux/if.h, without the final NUL. */
const LONGEST_NAME = 15;
/** Limit of the kernel for aliases, in bytes: IFALIASZ of linux/if.h, without the final NUL. */
const LONGEST_ALIAS = 255;

/** The reason why a text cannot be the name of a link; undefined if it can. Source: dev_valid_name of net/core/dev.c. */
export function linkNameMistake(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'is not the name of a link';
  if (/[\s/:\p{Cc}]/u.test(name)) return 'has white space, a control character, "/" or ":"';
  if (Buffer.byteLength(name) > LONGEST_NAME) return `has more than ${LONGEST_NAME} bytes`;
  return undefined;
}

/** The reason why a text cannot be an alias; undefined if it can. */
export function aliasMistake(alias: string): string | undefined {
  return Buffer.byteLength(alias) > LONGEST_ALIAS ? `has more than ${LONGEST_ALIAS} bytes` : undefined;
}

/** The command of a step. */
export function stepWords(step: LinkStep): Words {
  const head = ['link', 'set', 'dev', step.link];
  switch (step.what) {
    case 'admin':
      return [...head, step.to];
    case 'queueLength':
      return [...head, 'txqueuelen', String(step.to)];
    default:
      return [...head, step.what, String(step.to)];
  }
}
