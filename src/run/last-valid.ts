/**
 * The last valid configuration and documents of a project, as the daemon keeps them and hands them to its rounds: documents
 * that are not valid leave them in force. The text comes from an earlier round of the same daemon, and from no file.
 */

import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Problem } from '#plugin';
import type { Listener } from './events.ts';
import { type Host, ProblemsError, type Project, type Workspace } from './project.ts';
import { logOf } from './stores.ts';

type Kept = Pick<Project, 'config' | 'documents' | 'setAside'>;

/** Packs a project, as base64. */
export function keptText({ config, documents, setAside }: Project): string {
  const kept: Kept = { config, documents, setAside };
  return gzipSync(serialize(kept), { level: 1 }).toString('base64');
}

/** Unpacks a project. Its documents are not read from files. */
export function keptWorkspace(host: Host, text: string): Workspace {
  const { config, documents, setAside } = deserialize(gunzipSync(Buffer.from(text, 'base64'))) as Kept;
  return { host, config, kept: { documents, setAside } };
}

/** The problem of a configuration that names another log than the one of the daemon. */
const OTHER_LOG: Problem = {
  code: 'other-store',
  severity: 'error',
  message:
    'the configuration names another store, or another name of the project, than at the start of the daemon. The daemon ' +
    'takes events in for the earlier ones, which stay in force',
  suggestion: 'restart fettle serve to use the new ones',
};

/** The workspace, if its log is that of the daemon. Throws a ProblemsError for another one. */
export function inLog(workspace: Workspace, log: string | undefined): Workspace {
  if (log !== undefined && log !== logOf(workspace.config)) throw new ProblemsError([OTHER_LOG]);
  return workspace;
}

/** The part of a project that the daemon hands to the processes that it starts. */
export interface Handed {
  /** The log of the daemon, as `logOf` names it. */
  readonly log?: string | undefined;
  /** The last valid documents, as `keptText` packs them. */
  readonly lastValid?: string | undefined;
}

/** The project as `open` reads it, or the last valid one if the files are not valid, or name another log. */
export async function openHanded(
  open: () => Promise<Workspace>,
  host: Host,
  { log, lastValid }: Handed,
  say: Listener,
): Promise<Workspace> {
  try {
    return inLog(await open(), log);
  } catch (error) {
    return keptAfter(error, host, lastValid, say);
  }
}

/** The last valid project after an error: reports the problems of the present one. Throws any other error, and without a last valid project. */
export function keptAfter(error: unknown, host: Host, lastValid: string | undefined, say: Listener): Workspace {
  if (!(error instanceof ProblemsError) || lastValid === undefined) throw error;
  say({ type: 'problems', problems: error.problems });
  return keptWorkspace(host, lastValid);
}
