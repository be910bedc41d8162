/** Settings of lego in the command lines of schedulers. */

import type { Method, SettingsFiles } from './forms.ts';
import { dnsMethod, httpMethod, type LegoSettings, PRE_HOOK, TLS_METHOD, UNKNOWN_METHOD } from './lego-settings.ts';
import { type ScheduledRun, scheduledRuns } from './scheduled.ts';

/** Options without a value. */
const SWITCHES: ReadonlySet<string> = new Set(
  [
    'accept-tos a http tls pem pfx eab reuse-key no-bundle must-staple no-random-sleep ari-disable tls-skip-verify',
    'always-deactivate-authorizations force-cert-domains disable-cn dns.disable-cp dns.propagation-disable-ans',
    'dns.propagation-rns dns-persist dynamic',
  ].flatMap((names) => names.split(' ')),
);

function methodOf({ options }: ScheduledRun): Method {
  const dns = options.get('dns');
  if (dns !== undefined) return dnsMethod(dns);
  if (options.has('tls')) return TLS_METHOD;
  if (!options.has('http')) return UNKNOWN_METHOD;
  return httpMethod(options.get('http.webroot'), options.get('http.address') ?? options.get('http.port'));
}

/** The settings of every scheduled run of lego that names its domains. */
export function scheduledLego(files: SettingsFiles): readonly LegoSettings[] {
  return scheduledRuns(files, 'lego', SWITCHES).flatMap((run): readonly LegoSettings[] => {
    const { options, all, file } = run;
    const names = [...(all.get('domains') ?? []), ...(all.get('d') ?? []), ...(all.get('cert.name') ?? [])].flatMap(
      (each) => each.toLowerCase().split(','),
    );
    if (names.length === 0) return [];
    const hooks = ['renew-hook', 'deploy-hook', 'run-hook', 'post-hook'].map((name) => options.get(name) ?? '');
    const path = options.get('path');
    const server = options.get('server');
    const profile = options.get('profile');
    const preferredChain = options.get('preferred-chain');
    return [
      {
        ...(path?.startsWith('/') === true ? { storage: path.replace(/\/+$/u, '') } : {}),
        names,
        method: methodOf(run),
        ...(server === undefined ? {} : { server }),
        ...(profile === undefined ? {} : { profile }),
        ...(preferredChain === undefined ? {} : { preferredChain }),
        hooks: hooks.map((command) => ({ command, file })),
        obstacles: options.has('pre-hook') ? [PRE_HOOK] : [],
      },
    ];
  });
}
