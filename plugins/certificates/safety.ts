/** Safety rules: no other authority than the remembered one is taken for granted, and nothing is signed by one. */

import { formatRef } from '../../src/engine/ref.ts';
import type { Change, Facts, Pair, Remedy, Scene, Verdict } from '../../src/engine/types.ts';
import { pass, reject } from '../../src/engine/verdict.ts';
import { needsIssue } from './differences.ts';
import type { CertificatePair, IssuerPair } from './diff.ts';
import type { IssuerFacts } from './facts.ts';
import { issuerOf, issuerRef } from './remembered.ts';

/** What an Issuer is known by, and what is there. */
interface Authority {
  readonly dir: string;
  readonly remembered: string | undefined;
  readonly observed: string | undefined;
  readonly state: string;
}

function authorityOf(pair: Pair | undefined): Authority | undefined {
  const { spec, fingerprint } = issuerOf(pair);
  if (spec?.localCa === undefined) return undefined;
  const facts = pair?.observed?.facts as IssuerFacts | undefined;
  return {
    dir: spec.localCa.dir,
    remembered: fingerprint,
    observed: facts?.fingerprint,
    state: pair?.observed?.state ?? 'absent',
  };
}

function factsOf({ dir, remembered, observed, state }: Authority): Facts {
  return { dir, remembered: remembered ?? null, observed: observed ?? null, state };
}

function putBack({ dir, remembered }: Authority): Remedy {
  return { outside: `put ca.crt and ca.key of ${remembered ?? 'the authority'} back into ${dir}` };
}

/** Why an authority is not the one that is remembered; undefined where it is, or none is remembered. */
function changed(authority: Authority): string | undefined {
  const { remembered, observed, dir } = authority;
  if (remembered === undefined || remembered === observed) return undefined;
  if (observed === undefined) return `the authority in ${dir} is missing, ${remembered} is remembered`;
  return `the authority in ${dir} is ${observed}, ${remembered} is remembered`;
}

/** The rule on the Issuer's own steps. */
export function issuerChanged(_change: Change, pair: IssuerPair): Verdict {
  const authority = authorityOf(pair);
  if (authority === undefined) return pass('it signs nothing itself', { selfSigned: true });
  const facts = factsOf(authority);
  const problem = changed(authority);
  if (problem === undefined)
    return pass(
      authority.remembered === undefined ? 'no authority is remembered yet' : 'the remembered authority',
      facts,
    );
  return reject(problem, facts, { remedy: putBack(authority) });
}

/** The rule on the steps of a Certificate that issue. */
export function certificateIssuerChanged(change: Change, pair: CertificatePair, scene: Scene): Verdict {
  if (change.step === 'normal>normal' && !needsIssue(change.fields)) return pass('nothing is issued', {});
  const spec = pair.desired?.spec;
  if (spec === undefined) return pass('nothing is issued', {});
  const ref = issuerRef(spec);
  const issuer = scene.pair(ref);
  const authority = authorityOf(issuer);
  if (authority === undefined) return pass('it signs itself', { issuer: spec.issuer });
  const facts = { issuer: spec.issuer, ...factsOf(authority) };
  // A row that was let through makes the authority, or takes the new one over, before this one runs.
  const own = scene.judged.get(formatRef(ref));
  if (
    own?.verdict === 'accept' &&
    (own.change.step === 'absent>ready' || own.change.step === 'ready>ready') &&
    own.change.goal !== 'adopt' &&
    own.change.goal !== 'protect'
  )
    return pass('the authority is settled before', facts);
  if (issuer?.observed === undefined && issuer?.gap !== undefined)
    return reject(`the authority in ${authority.dir} cannot be read: ${issuer.gap.message}`, facts, {
      remedy: { outside: `make ${authority.dir} readable` },
    });
  const problem = changed(authority);
  if (problem !== undefined) return reject(problem, facts, { remedy: putBack(authority) });
  if (authority.state === 'broken')
    return reject(`the authority in ${authority.dir} cannot sign`, facts, {
      remedy: { outside: `mend ca.crt and ca.key in ${authority.dir}` },
    });
  return pass(
    authority.remembered === undefined ? 'no authority is remembered yet' : 'the remembered authority',
    facts,
  );
}
