/**
 * Where a solver puts its values. The place is recorded with them, so that they are removed there, and not where another
 * configuration puts its own. It has no secrets. Pure.
 */

import { sameJson } from '#plugin';
import { HETZNER } from './hetzner.ts';
import type { ListenerAddress } from './listener.ts';
import type { DnsProvider, SolverConfig } from './open.ts';

type Providers = Readonly<Record<string, DnsProvider>>;

/** `server`: the server of a provider of DNS, which identifies the provider also under another name. */
export type SolverPlace =
  | { readonly via: 'webroot'; readonly webroot: string }
  | ({ readonly via: 'listener' } & Partial<ListenerAddress>)
  | { readonly via: 'serve' | 'persist' }
  | { readonly via: 'exec'; readonly command: readonly string[] }
  | { readonly via: 'provider'; readonly provider: string; readonly server: string };

/** The server that has the values of a provider. */
function serverOf({ rfc2136, hetzner, acmeDns }: DnsProvider): string {
  if (rfc2136 !== undefined) return `rfc2136 ${rfc2136.server.toLowerCase()}`;
  if (acmeDns !== undefined) return `acmeDns ${acmeDns.url} ${acmeDns.subdomain}`;
  return `hetzner ${hetzner?.endpoint ?? HETZNER}`;
}

/** The place of the values of an entry of an Issuer. */
export function solverPlace({ http01, dns01 }: SolverConfig, providers: Providers): SolverPlace {
  if (http01?.webroot !== undefined) return { via: 'webroot', webroot: http01.webroot };
  if (http01 !== undefined)
    return http01.serve === undefined ? { ...http01.listener, via: 'listener' } : { via: 'serve' };
  if (dns01 === undefined) return { via: 'persist' };
  if (dns01.exec !== undefined) return { via: 'exec', command: dns01.exec.command };
  const provider = dns01.provider ?? '';
  const found = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  return { via: 'provider', provider, server: found === undefined ? '' : serverOf(found) };
}

/**
 * The entry that removes the values of a place; undefined if the configuration no longer has its solver. A command runs only
 * if the Issuer still has it, because the approval of a plan covers no other.
 */
export function entryAt(
  place: SolverPlace,
  solvers: readonly SolverConfig[],
  providers: Providers,
): SolverConfig | undefined {
  switch (place.via) {
    case 'webroot':
      return { http01: { webroot: place.webroot } };
    case 'serve':
      return { http01: { serve: {} } };
    case 'listener': {
      const { via: _, ...address } = place;
      return { http01: { listener: address } };
    }
    case 'persist':
      return { dnsPersist01: {} };
    case 'exec':
      return solvers.find(({ dns01 }) => dns01?.exec !== undefined && sameJson(dns01.exec.command, place.command));
    case 'provider': {
      const names = [place.provider, ...Object.keys(providers)].filter((name) => Object.hasOwn(providers, name));
      const provider = names.find((name) => serverOf(providers[name] ?? {}) === place.server);
      return provider === undefined ? undefined : { dns01: { provider } };
    }
  }
}

/** The place in words, for a message. */
export function solverPlaceText(place: SolverPlace): string {
  switch (place.via) {
    case 'webroot':
      return `the webroot ${place.webroot}`;
    case 'exec':
      return `the command ${place.command.join(' ')}`;
    case 'provider':
      return `the DNS provider ${place.provider} (${place.server})`;
    default:
      return `the solver ${place.via}`;
  }
}
