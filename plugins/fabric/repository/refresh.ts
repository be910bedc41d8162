/** Refreshes Git repositories: tests each connection. A mistake of this machine is a gap, and not a failed connection. */

import { defined, errorText, type Gap, InputError, type Memory, type Query, type Ref, type Sighting } from '#plugin';
import { forEachOf } from '#plugin/limit';
import type { GitRepositoryMemory, GitRepositorySpec } from '../generated.ts';
import { PLUGIN } from '../kinds.ts';
import { isBeforeTest } from '../states/retries.ts';
import type { RepositoryAnswer, RepositoryQuestion, RepositoryReader } from '../world.ts';
import { isAddressMistake, repositoryAddress } from './address.ts';
import type { RepositoryFacts } from './facts.ts';

const AT_ONCE = 8;

interface Tests {
  readonly observed: readonly Sighting[];
  readonly gaps: readonly Gap[];
}

/** One repository with its record. */
interface Target {
  readonly ref: Ref;
  readonly spec: GitRepositorySpec;
  readonly memory: Memory<GitRepositoryMemory> | undefined;
}

function targetsOf({ desired, memory }: Query): readonly Target[] {
  return desired
    .filter(({ ref }) => ref.kind === 'GitRepository')
    .map(({ ref, spec }) => ({
      ref,
      spec: spec as GitRepositorySpec,
      memory: memory.find((each) => each.ref.kind === ref.kind && each.ref.name === ref.name),
    }));
}

function questionOf({ url, branch, credentials, ca }: GitRepositorySpec): RepositoryQuestion {
  const address = repositoryAddress(url);
  if (isAddressMistake(address)) throw new InputError(`the address of the repository ${address.mistake}`);
  return defined({ address, branch, credentials, ca });
}

/** True if the last test of the same address and login failed, and its next scheduled test is not due yet. */
function isSpaced({ spec, memory }: Target, login: string, { scheduled, now }: Query): boolean {
  if (scheduled !== true || memory?.state !== 'FAILED') return false;
  const { url, login: last, retry_at: retryAt = '', failures = 1 } = memory.kept;
  return url === spec.url && last === login && isBeforeTest(retryAt, failures, now);
}

function recordedFacts({ spec: { url, branch }, memory }: Target, login: string): RepositoryFacts {
  const { validation_error: error = '', error_code: code = '' } = memory?.kept ?? {};
  return { url, branch, login, error, error_code: code, remembered: true };
}

function factsOf({ url, branch }: GitRepositorySpec, login: string, answer: RepositoryAnswer): RepositoryFacts {
  return answer.answers
    ? defined({ url, branch, login, head: answer.head, default_branch: answer.defaultBranch })
    : { url, branch, login, error: answer.failure.text, error_code: answer.failure.code };
}

async function factsBy(world: RepositoryReader, target: Target, query: Query): Promise<RepositoryFacts> {
  const { spec } = target;
  const question = questionOf(spec);
  const login = await world.mark(spec.credentials);
  if (isSpaced(target, login, query)) return recordedFacts(target, login);
  // The refresh before an action of another resource does not repeat the test of this run.
  const known = query.only === undefined ? undefined : world.last(question);
  return factsOf(spec, login, known ?? (await world.ask(question, query.signal)));
}

/** Tests the declared repositories of a query. */
export async function refreshRepositories(world: RepositoryReader, query: Query): Promise<Tests> {
  const observed: Sighting[] = [];
  const gaps: Gap[] = [];
  await forEachOf(targetsOf(query), AT_ONCE, async (target) => {
    const { ref, spec } = target;
    try {
      const facts = await factsBy(world, target, query);
      observed.push({ ref, given: true, facts, at: query.now });
    } catch (error) {
      query.signal.throwIfAborted();
      gaps.push({ plugin: PLUGIN, refs: [ref], endpoint: spec.url, message: errorText(error) });
    }
  });
  return { observed, gaps };
}
