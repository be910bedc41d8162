/** Checks of documents that a schema cannot express. */

import { type Desired, durationMs, type Json, type Mistake } from '#plugin';
import { windowMistakes } from '#plugin/windows';
import type { FabricSpec, GitRepositorySpec } from './generated.ts';
import { repositoryMistakes } from './repository/check.ts';

/** Longest maintenance window. */
const LONGEST_WINDOW_MS = 366 * 24 * 3_600_000;

/** Any time: it only decides if an expression ever fires. */
const ANY_TIME = Date.UTC(2026, 0, 1);

function addressMistakes({ context, server, inCluster }: FabricSpec): readonly Mistake[] {
  const named = [context, server, inCluster].filter((each) => each !== undefined).length;
  if (named > 1)
    return [
      {
        code: 'wrong-value',
        pointer: server === undefined ? '/spec/inCluster' : '/spec/server',
        message: 'a Fabric has one of `context`, `server` and `inCluster`',
        suggestion: 'remove all but one of them',
      },
    ];
  if (named === 0)
    return [
      {
        code: 'missing-key',
        pointer: '/spec',
        message: 'the cluster of the Fabric is missing',
        suggestion: 'add `context`, the name of a context of the kubeconfig, `server`, or `inCluster: true`',
      },
    ];
  return [];
}

function statusMistakes({ status, application }: FabricSpec): readonly Mistake[] {
  if (status === 'auto' && application === undefined)
    return [
      {
        code: 'missing-key',
        pointer: '/spec/status',
        message: '`status: auto` needs the Application of Argo CD that activates the Fabric',
        suggestion: 'add `application: { name: … }`, or declare another status',
      },
    ];
  if (status !== 'auto' && application !== undefined)
    return [
      {
        code: 'wrong-value',
        pointer: '/spec/application',
        message: 'an Application activates the Fabric only with `status: auto`',
        suggestion: 'declare `status: auto`, or remove the Application',
      },
    ];
  return [];
}

function windowsMistakes({ maintenance }: FabricSpec): readonly Mistake[] {
  return maintenance.flatMap(({ for: length, ...rule }, i) => {
    const pointer = `/spec/maintenance/${i}`;
    const ms = durationMs(length);
    return [
      ...windowMistakes(rule, ANY_TIME).map(({ field, message }) => ({
        code: 'wrong-value',
        pointer: `${pointer}/${field}`,
        message,
      })),
      ...(ms > 0 && ms <= LONGEST_WINDOW_MS
        ? []
        : [{ code: 'wrong-value', pointer: `${pointer}/for`, message: 'the length of a window is 1ms to 366d' }]),
    ];
  });
}

/** Longest wait for the Agents. */
const LONGEST_WAIT_MS = 3_600_000;

function agentsMistakes({ agents }: FabricSpec): readonly Mistake[] {
  return (['deadline', 'settle'] as const).flatMap((field) =>
    durationMs(agents[field]) <= LONGEST_WAIT_MS
      ? []
      : [{ code: 'wrong-value', pointer: `/spec/agents/${field}`, message: 'an apply waits for at most 1h' }],
  );
}

function fabricMistakes(spec: FabricSpec): readonly Mistake[] {
  return [...addressMistakes(spec), ...agentsMistakes(spec), ...statusMistakes(spec), ...windowsMistakes(spec)];
}

export function check({ ref, spec }: Desired, _find: unknown, settings: Json): readonly Mistake[] {
  if (ref.kind === 'GitRepository') return repositoryMistakes(spec as GitRepositorySpec, settings);
  return ref.kind === 'Fabric' ? fabricMistakes(spec as FabricSpec) : [];
}
