/** Commands on the states of a Fabric: `status`, `test`, `sync` and `reconcile`. */

import {
  type CommandInput,
  defineCommand,
  formatRef,
  isSeen,
  type Memory,
  namedResource,
  type PluginCommand,
  type Ref,
} from '#plugin';
import type { FabricMemory } from '../generated.ts';
import { recordedStates } from '../fabric/standing.ts';
import { Fabric } from '../kinds.ts';
import { type RequiredAction, requiredAction } from '../states/required-action.ts';

const NAME = { name: { summary: 'Name of the Fabric.', as: 'required' } } as const;

type Named = Pick<CommandInput, 'desired' | 'memory'>;

function fabricNamed(word: string, input: Named): Ref {
  return namedResource('Fabric', word, input);
}

/** The resources of a Fabric: itself and its objects. */
function targetsOf(word: string, input: Named): readonly string[] {
  const fabric = fabricNamed(word, input);
  const address = formatRef(fabric);
  // The name as addresses have it: a `*` of a name is not one of the glob.
  const name = address.slice(address.lastIndexOf('/') + 1);
  const hasObjects = [...input.desired, ...input.memory].some(({ ref }) => ref.scope?.[0] === fabric.name);
  return hasObjects ? [address, `fabric/*/${name}/**`] : [address];
}

/** Sentences for the actions that combinations of states require. */
const REQUIRED: Readonly<Record<RequiredAction, string>> = {
  correct: 'apply the row that corrects the recorded states',
  'clean-up': 'apply the removals of the objects',
  suspend: 'wait for the end of the maintenance',
  'test-connection': 'test the connection',
  'await-test': 'wait for the test of the connection',
  'alert-connection': 'restore the connection',
  'retry-connection': 'test the connection again',
  'first-sync': 'apply the objects',
  'await-sync': 'wait for the Agents of the switches',
  none: 'nothing',
  reconcile: 'plan and apply the differences',
  'retry-sync': 'sync again',
};

export const status = defineCommand({
  name: 'status',
  summary: 'Show the recorded states of all Fabrics, and the action that each requires.',
  does: 'show',
  show: ({ memory }) => {
    const fabrics = (memory as readonly Memory<FabricMemory>[])
      .filter(({ ref }) => ref.kind === 'Fabric')
      .map((each) => {
        const states = recordedStates(each);
        return { name: each.ref.name, ...states, required: requiredAction(states), error: each.kept.error ?? '' };
      });
    return {
      lines: fabrics.map(({ name, status: now, connection, sync, required, error }) =>
        [`${name}: ${now}, ${connection}, ${sync}. Next: ${REQUIRED[required]}`, ...(error === '' ? [] : [error])].join(
          ' · ',
        ),
      ),
      facts: { fabrics },
    };
  },
});

/** The Git repository that a Fabric names, which its connection depends on. */
function repositoryOf({ name }: Ref, { desired }: Named): readonly Ref[] {
  const document = desired.find(({ ref }) => ref.kind === 'Fabric' && ref.name === name);
  return (document?.needs ?? []).filter(({ kind }) => kind === 'GitRepository');
}

export const test = defineCommand({
  name: 'test',
  summary: 'Test the connection of a Fabric and its Git repository now, and record the result.',
  words: NAME,
  does: 'refresh',
  only: (input) => {
    const fabric = fabricNamed(input.words.name, input);
    return [fabric, ...repositoryOf(fabric, input)];
  },
  report: (resources) => {
    const tested = Fabric.among(resources).flatMap(({ ref, sight }) => {
      if (sight.is !== 'seen') return [];
      const { facts, others = {}, state } = sight.observed;
      return [
        {
          name: ref.name,
          status: state,
          connection: others['connection'] ?? '',
          server: facts.server,
          error: facts.error ?? '',
        },
      ];
    });
    const repositories = resources.filter(isSeen).filter(({ ref }) => ref.kind === 'GitRepository');
    return {
      lines: [
        ...tested.map(
          ({ name, connection, server, error }) => `${name}: ${connection} (${error === '' ? server : error})`,
        ),
        ...repositories.map(({ ref, sight }) => `${ref.name}: ${sight.observed.state}`),
      ],
      facts: {
        fabrics: tested,
        repositories: repositories.map(({ ref, sight }) => ({ name: ref.name, connection: sight.observed.state })),
      },
      failed: tested.some(({ connection }) => connection !== 'CONNECTED'),
    };
  },
});

/** An apply of a Fabric and its objects, under another name. */
function applying(name: string, summary: string): PluginCommand {
  return defineCommand({
    name,
    summary,
    words: NAME,
    does: 'apply',
    targets: (input) => targetsOf(input.words.name, input),
  });
}

export const sync = applying('sync', 'Plan and apply everything of a Fabric: its documents, and drift.');

export const reconcile = applying('reconcile', 'Plan and apply the differences of a Fabric, as `sync` does.');
