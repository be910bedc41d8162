/** Solvers of an Issuer that do what another client does. */

import { type Json, printable, sameJson } from '#plugin';
import type { CertificatesConfig } from '../generated.ts';
import type { DnsType, Method } from './forms.ts';

type Settings = Partial<CertificatesConfig>;
type Solver = { readonly [key: string]: Json };
/** A solver, or the reason why there is none. */
type Fitting = { readonly solver: Solver } | { readonly why: string };

/** Maximum number of names of a solver, and of solvers of an Issuer. */
const MOST_NAMES = 100;
const MOST_SOLVERS = 50;

const DNS_TEXT: Readonly<Record<DnsType, string>> = {
  rfc2136: 'signed updates of a DNS server (rfc2136)',
  hetzner: 'the DNS of Hetzner (hetzner)',
  acmeDns: 'an acme-dns server (acmeDns)',
};

function dnsSolver(type: DnsType, { acme }: Settings): Fitting {
  const providers = Object.entries(acme?.dnsProviders ?? {}).filter(([, each]) => each[type] !== undefined);
  const [only, ...more] = providers.map(([name]) => name);
  const by = `Its names are proven by ${DNS_TEXT[type]}`;
  if (only === undefined)
    return {
      why: `${by}. Declare it in \`plugins.certificates.acme.dnsProviders\` of fettle.yaml, remove the written documents, and run the import again`,
    };
  if (more.length > 0)
    return { why: `${by}, and fettle.yaml has several. Add a solver with one of them to the Issuer` };
  return { solver: { dns01: { provider: only } } };
}

/** The solver that proves names by a method of another client. */
function solverOf(method: Method, settings: Settings): Fitting {
  // The other client does not check what it serves: a check that fails from this machine must not end the renewal.
  const selfCheck = 'advisory';
  switch (method.by) {
    case 'webroot':
      return printable(method.folder) === method.folder
        ? { solver: { http01: { webroot: method.folder, selfCheck } } }
        : { why: 'Its webroot has characters that no document can have. Add a solver to the Issuer' };
    case 'listener': {
      const { by: _by, ...listener } = method;
      return { solver: { http01: { listener, selfCheck } } };
    }
    case 'dns':
      return dnsSolver(method.type, settings);
    case 'other':
      return { why: method.why };
  }
}

/** Solvers of one Issuer, with the names that each of them proves. */
export class SolverList {
  readonly #settings: Settings;
  readonly #groups: { readonly solver: Solver; readonly names: Set<string> }[] = [];
  #isPartial = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Adds a name. Returns the reason why no solver proves the name. */
  add(name: string, method: Method): string | undefined {
    const why = this.#add(name, method);
    if (why !== undefined) this.#isPartial = true;
    return why;
  }

  #add(name: string, method: Method): string | undefined {
    const fitting = solverOf(method, this.#settings);
    if ('why' in fitting) return fitting.why;
    const { solver } = fitting;
    if (name.startsWith('*.') && 'http01' in solver)
      return 'http-01 cannot prove a wildcard. Add a solver with dns01 to the Issuer';
    const known = this.#groups.find((each) => sameJson(each.solver, solver));
    // Each group needs an entry for each hundred names, and one for its wildcards.
    const entries = this.#groups.reduce((sum, { names }) => sum + Math.ceil(names.size / MOST_NAMES) + 1, 0);
    if (entries >= MOST_SOLVERS - 1 && (known === undefined || known.names.size % MOST_NAMES === 0))
      return `An Issuer has at most ${MOST_SOLVERS} solvers. Add a solver to the Issuer`;
    if (known === undefined) this.#groups.push({ solver, names: new Set([name]) });
    else known.names.add(name);
    return undefined;
  }

  /** The entries of the document: without `match` if one solver proves every name. Names come before patterns. */
  entries(): readonly Json[] {
    const [only, ...more] = this.#groups;
    if (only === undefined) return [];
    if (more.length === 0 && !this.#isPartial) return [only.solver];
    const entriesOf = (isPattern: boolean): readonly Json[] =>
      this.#groups.flatMap(({ solver, names }) => {
        const own = [...names].filter((each) => each.startsWith('*.') === isPattern).toSorted();
        const parts = Array.from({ length: Math.ceil(own.length / MOST_NAMES) }, (_, i) =>
          own.slice(i * MOST_NAMES, (i + 1) * MOST_NAMES),
        );
        return parts.map((part): Json => ({ match: { names: part }, ...solver }));
      });
    return [...entriesOf(false), ...entriesOf(true)];
  }
}
