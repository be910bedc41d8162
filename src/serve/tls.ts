/** TLS of the server: its files, which are read again when they change. */

import { createSecureContext } from 'node:tls';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readText } from '../engine/load/read-text.ts';
import type { ServeHost } from '../engine/generated.ts';
import { errorText, InputError } from '#plugin';
import { stat } from '#plugin/direct-files';
import type { HttpServer, ServerTls } from './http/server.ts';

export interface TlsFiles {
  /** Absolute paths. */
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string | undefined;
  readonly requireClient: boolean;
}

/** The contents of the files, as Node.js takes them. */
export interface TlsContents {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** `file`: absolute path of the file that names the others. */
export function tlsFiles(tls: NonNullable<ServeHost['tls']>, file: string): TlsFiles {
  const at = (path: string): string => resolve(dirname(file), path);
  const { certificate, key, clientAuthority, requireClient } = tls;
  return {
    certificate: at(certificate),
    key: at(key),
    clientAuthority: clientAuthority === undefined ? undefined : at(clientAuthority),
    requireClient,
  };
}

async function contentOf(path: string): Promise<string> {
  const read = await readText(path);
  if ('unreadable' in read) throw new InputError(`${path} cannot be read: ${read.unreadable.message}`);
  return read.text;
}

/** Permissions of users other than the owner and the group. */
const OTHERS = 0o007;

/** Reads the files. Throws an InputError if they do not fit, or if others may read the key. */
export async function readTls({ certificate, key, clientAuthority }: TlsFiles): Promise<TlsContents> {
  const { mode } = await stat(key).catch((error: unknown) => {
    throw new InputError(`${key} cannot be read: ${errorText(error)}`);
  });
  if ((mode & OTHERS) !== 0)
    throw new InputError(`every user may read or write the key ${key}. Run \`chmod o-rwx ${key}\``);
  const contents: TlsContents = {
    cert: await contentOf(certificate),
    key: await contentOf(key),
    ...(clientAuthority === undefined ? {} : { ca: await contentOf(clientAuthority) }),
  };
  try {
    createSecureContext(contents);
  } catch (error) {
    throw new InputError(`the files of tls do not fit: ${errorText(error)}`);
  }
  return contents;
}

/** TLS with the files that it was read from. */
export interface OpenTls extends ServerTls {
  readonly files: TlsFiles;
}

export async function openTls(files: TlsFiles): Promise<OpenTls> {
  return { files, contents: await readTls(files), requireClient: files.requireClient };
}

/** Time between two reads of the files, in ms. */
const RENEW_MS = 60_000;

/** Reads the files on a schedule, and uses them for later connections if they changed. Files that do not fit are reported once. */
export function renewTls(
  { files, contents }: OpenTls,
  server: Pick<HttpServer, 'renewTls'>,
  say: (line: string) => void,
  everyMs = RENEW_MS,
): NodeJS.Timeout {
  let used = contents;
  let problem: string | undefined;
  const renew = async (): Promise<void> => {
    try {
      const read = await readTls(files);
      problem = undefined;
      if (isDeepStrictEqual(read, used)) return;
      server.renewTls(read);
      used = read;
      say('the files of tls were read again');
    } catch (error) {
      const text = errorText(error);
      if (text !== problem) say(`error: the files of tls are not used: ${text}`);
      problem = text;
    }
  };
  return setInterval(() => void renew(), everyMs).unref();
}
