/** Addresses that may receive the API token. */

import { providerEndpoint } from '#plugin';

/** Lists the origins that may receive credentials of providers and of the workload source. */
export const PROVIDER_ORIGINS = 'FETTLE_PROVIDER_ORIGINS';

/** The API address: of the environment; else as configured, if it is the provider's own or the environment allows it. */
export function endpointOf(written: string, token: string, env: Readonly<Record<string, string | undefined>>): string {
  const usual = 'https://api.hetzner.cloud/v1';
  const own = { value: token, variable: 'HCLOUD_TOKEN' };
  return providerEndpoint({ written, usual, override: 'HCLOUD_ENDPOINT', token: own, list: PROVIDER_ORIGINS }, env);
}
