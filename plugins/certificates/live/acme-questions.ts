/**
 * What a refresh asks ACME authorities, and DNS about their orders. Servers that are silent or slow delay a refresh for a
 * limited time, however many certificates there are: the rest of it does not depend on them.
 *
 * | Limit | Once it is reached |
 * |---|---|
 * | `askMs` for each request, which is not repeated | the question has failed |
 * | a directory that cannot be read | all questions to this authority have failed |
 * | three questions without an answer | the authority is asked no more in this refresh |
 * | `allMs` for the questions for windows, and again for those about CAA records | the others are not asked in this refresh |
 */

import { errorText, type Outside } from '#plugin';
import { within } from '#plugin/deadline';
import { ApiError } from '#plugin/http';
import { forEachOf, limiter } from '#plugin/limit';
import { usualDenial } from '#plugin/net';
import type { AcmeServer } from '../acme/client.ts';
import { isUnanswered } from '../acme/outages.ts';
import { askAgainMs, ASK_SOON_MS } from '../acme/renewal-window.ts';
import type { CaaRefusal } from '../acme/rules.ts';
import { type CertificatesConfig, defaults } from '../generated.ts';
import type { AcmeAuthority, AcmeQuestions, CaaName, RenewalAnswer } from '../world.ts';
import { openServer, serverName } from './acme-clients.ts';
import { openServers } from './server-failures.ts';

const CAA_AT_ONCE = 8;
/** Questions for renewal windows at once: each one of them has a connection, which costs more than the question. */
const WINDOWS_AT_ONCE = 16;
const MOST_UNANSWERED = 3;

export interface QuestionLimits {
  /** Deadline of one request to an authority, and of the questions about the CAA records of one certificate, in ms. */
  readonly askMs: number;
  /** Deadline of all questions of one kind in a refresh, in ms. */
  readonly allMs: number;
}

const ALL_MS = 120_000;

type Asking = Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>;

/** Thrown for a question that this refresh does not ask. */
class LeftOutError extends Error {
  override readonly name = 'LeftOutError';
}

/** A signal that also fires once all questions have taken `ms`, counted from the first one. */
function openEnd(ms: number, what: string, signal: AbortSignal): () => AbortSignal {
  let end: AbortSignal | undefined;
  return () => {
    if (end !== undefined) return end;
    const late = new AbortController();
    const error = new LeftOutError(`the questions ${what} of one refresh took longer than ${ms / 1000} s`);
    setTimeout(() => late.abort(error), ms).unref();
    end = AbortSignal.any([signal, late.signal]);
    return end;
  };
}

/** Asks one authority, unless it has left too many questions without an answer. */
type Ask = <T>(directory: string, question: () => Promise<T>) => Promise<T>;

function openAsk(): Ask {
  const unanswered = new Map<string, number>();
  return async (directory, question) => {
    const count = unanswered.get(directory) ?? 0;
    if (count >= MOST_UNANSWERED)
      throw new LeftOutError(`the authority did not answer ${MOST_UNANSWERED} other questions of this refresh`);
    try {
      return await question();
    } catch (error) {
      if (isUnanswered(error)) unanswered.set(directory, (unanswered.get(directory) ?? 0) + 1);
      throw error;
    }
  };
}

function limitsOf({ probe }: Partial<CertificatesConfig>): QuestionLimits {
  return { askMs: (probe?.totalSeconds ?? defaults.config.probe.totalSeconds) * 1000, allMs: ALL_MS };
}

/** Opens the questions of each refresh. A server that was read once is not read again. */
export function openQuestions(
  outside: Asking,
  limits = limitsOf(outside.config as unknown as Partial<CertificatesConfig>),
): (signal: AbortSignal) => AcmeQuestions {
  const { probe } = outside.config as unknown as Partial<CertificatesConfig>;
  const { askMs, allMs } = limits;
  const unlessFailed = openServers(outside.now);
  const servers = new Map<string, Promise<AcmeServer>>();

  function serverOf(authority: AcmeAuthority, signal: AbortSignal): Promise<AcmeServer> {
    const name = serverName(authority);
    const known = servers.get(name);
    if (known !== undefined) return known;
    const opening = unlessFailed(name, () => openServer(authority, outside, { requestMs: askMs, retries: 0 }, signal));
    servers.set(name, opening);
    opening.catch(() => servers.delete(name));
    return opening;
  }

  return (signal): AcmeQuestions => {
    const oneOfFew = limiter(WINDOWS_AT_ONCE);
    const ask = openAsk();
    const ends = {
      windows: openEnd(allMs, 'for renewal windows', signal),
      records: openEnd(allMs, 'about CAA records', signal),
    };

    /** The window of a certificate, or the reason why the authority gave none. */
    async function windowOf(authority: AcmeAuthority, certificateId: string): Promise<RenewalAnswer> {
      const end = ends.windows();
      const server = await serverOf(authority, end);
      const info = await oneOfFew(() => ask(authority.directory, () => server.renewalInfo(certificateId, end)), {
        signal: end,
      });
      const answer = info ?? {
        failure: 'the authority has no renewal information',
        askAgainMs: askAgainMs(undefined),
      };
      const difference = server.clockDifferenceMs();
      return difference === undefined ? answer : { ...answer, clockSeconds: Math.round(difference / 1000) };
    }

    async function refusalsFor(
      authority: AcmeAuthority,
      names: readonly CaaName[],
      found: CaaRefusal[],
      end: AbortSignal,
    ): Promise<void> {
      const [{ caaText }, { lookUpCaa }, { openDns }] = await Promise.all([
        import('../acme/caa.ts'),
        import('../acme/dns/caa-look-up.ts'),
        import('../acme/dns/lookup.ts'),
      ]);
      const { directory } = await serverOf(authority, end);
      const issuers = directory.caaIdentities;
      // Without identities, no record can name the authority.
      if (issuers.length === 0) return;
      const dns = openDns(probe?.resolvers, usualDenial(outside.env));
      const account = authority.account === undefined ? {} : { accountUri: authority.account };
      await forEachOf(names, CAA_AT_ONCE, async ({ name, wildcard, method }) => {
        const question = { issuers, wildcard, method, ...account };
        const verdict = await lookUpCaa(dns.ask, name, question, end);
        if (verdict.verdict !== 'forbidden') return;
        const { at, faults } = verdict;
        const waits = faults.every((each) => each === 'account-unknown') ? { waits: true } : {};
        found.push({ name: wildcard ? `*.${name}` : name, at, ...caaText(verdict, question, at), ...waits });
      });
    }

    return {
      renewalInfo: async (authority, certificateId) => {
        try {
          return await windowOf(authority, certificateId);
        } catch (error) {
          signal.throwIfAborted();
          const wait =
            error instanceof LeftOutError
              ? ASK_SOON_MS
              : askAgainMs(error instanceof ApiError ? error.retryAfterMs : undefined);
          return { failure: errorText(error), askAgainMs: wait };
        }
      },
      caaRefusals: async (authority, names) => {
        const found: CaaRefusal[] = [];
        const late = (): Error => new LeftOutError(`no answer about the CAA records within ${askMs / 1000} s`);
        try {
          await within(askMs, late, ends.records(), (end) => refusalsFor(authority, names, found, end));
        } catch (error) {
          // Names whose records are not known by now are left out.
          if (signal.aborted || !(error instanceof LeftOutError)) throw error;
        }
        return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      },
    };
  };
}
