/** Checks of Domains and probe settings that a schema cannot express: addresses and networks. */

import { defined, type Mistake, punycodeHint } from '#plugin';
import type { CertificatesConfig, DomainSpec } from './generated.ts';
import { isAddress } from './observe-domain.ts';
import { addressNumber, ALLOW_NETWORKS, denialOf, networkOf, networkPolicy } from '#plugin/net';

type ProbeSettings = Partial<CertificatesConfig['probe']>;

/** Checks a name or address to connect to, without a port. */
function placeMistakes(place: string, pointer: string, probe: ProbeSettings): readonly Mistake[] {
  const withPort = /^(?<name>[^:]+|\[[^\]]+\]):(?<port>\d+)$/u.exec(place)?.groups;
  if (withPort !== undefined)
    return [
      {
        code: 'invalid-address',
        pointer,
        message: `${place} contains a port`,
        suggestion: `${pointer.slice(pointer.lastIndexOf('/') + 1)}: ${withPort['name'] ?? ''} and port: ${withPort['port'] ?? ''}`,
      },
    ];
  if (!/^(?:[a-z0-9._-]+|\[?[0-9a-f:.]+(?:%[a-z0-9._-]+)?\]?)$/iu.test(place))
    return [
      defined({
        code: 'invalid-address',
        pointer,
        message: `${place} is not a valid address or host name`,
        suggestion: punycodeHint(place),
      }),
    ];
  const address = place.replace(/^\[(.*)\]$/u, '$1');
  const denial =
    addressNumber(address) === undefined ? undefined : denialOf(address, networkPolicy([], probe.deny ?? []));
  if (denial === undefined) return [];
  return [
    {
      code: 'denied-address',
      pointer,
      message: `${place} is in ${denial}, which is denied`,
      suggestion: `the environment variable ${ALLOW_NETWORKS} lists exceptions, such as ${address}`,
      severity: 'warning',
    },
  ];
}

/** A host that is an IP address, or looks like one. */
function addressMistakes({ host, verified }: DomainSpec, probe: ProbeSettings): readonly Mistake[] {
  if (!isAddress(host))
    return host.includes(':')
      ? [{ code: 'invalid-host', pointer: '/spec/host', message: `${host} is not a valid IPv6 address` }]
      : [];
  if (typeof verified === 'object' && verified.name === undefined)
    return [
      {
        code: 'invalid-verification',
        pointer: '/spec/verified',
        message: `${host} is an address, and DNS has no TXT record for it`,
        suggestion: 'set verified.name to the name of the record',
      },
    ];
  return placeMistakes(host, '/spec/host', probe);
}

/** Critical days that come before the warning. */
function expiryMistakes({ expiryCriticalDays: critical, expiryWarnDays: warn }: DomainSpec): readonly Mistake[] {
  if (critical === undefined || critical === 0 || critical < warn) return [];
  return [
    {
      code: 'wrong-threshold',
      pointer: '/spec/expiryCriticalDays',
      message: `expiryCriticalDays is ${critical}, and expiryWarnDays is ${warn}. The finding becomes critical after it was a warning`,
      suggestion:
        warn === 0
          ? 'increase expiryWarnDays'
          : `set expiryCriticalDays to ${warn - 1} or less, or increase expiryWarnDays`,
    },
  ];
}

export function checkDomain(spec: DomainSpec, { probe }: Partial<CertificatesConfig>): readonly Mistake[] {
  const { host, address, route } = spec;
  const target = typeof route === 'object' ? route.target : undefined;
  const settings = probe ?? {};
  return [
    ...(host.includes('*')
      ? [
          {
            code: 'invalid-host',
            pointer: '/spec/host',
            message: `${host} is not a single host`,
            suggestion: 'declare one Domain for each host',
          },
        ]
      : []),
    ...expiryMistakes(spec),
    ...addressMistakes(spec, settings),
    ...(address === undefined ? [] : placeMistakes(address, '/spec/address', settings)),
    ...(target === undefined ? [] : placeMistakes(target, '/spec/route/target', settings)),
  ];
}

type SettingsMistake = Omit<Mistake, 'code' | 'severity'>;

function networkMistakes(texts: readonly string[], pointer: string): readonly SettingsMistake[] {
  return texts.flatMap((text, i) =>
    networkOf(text) === undefined
      ? [
          {
            pointer: `${pointer}/${i}`,
            message: `${text} is not a network`,
            suggestion: 'use a network such as 10.0.0.0/8 or fd00::/8, or a single address',
          },
        ]
      : [],
  );
}

const MOST_PORTS = 65_535;

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. */
function isServer(text: string): boolean {
  const { bracketed, plain, port } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+))(?::(?<port>\d{1,5}))?$/u.exec(text)?.groups ?? {};
  const address = bracketed ?? plain ?? text;
  return (
    addressNumber(address) !== undefined && (port === undefined || (Number(port) > 0 && Number(port) <= MOST_PORTS))
  );
}

/** Problems in the settings of probes. */
export function checkProbe({ probe }: Partial<CertificatesConfig>): readonly SettingsMistake[] {
  return [
    ...(probe?.allow === undefined || probe.allow.length === 0
      ? []
      : [
          {
            pointer: '/probe/allow',
            message: 'exceptions to denied networks are read only from the environment',
            suggestion: `set ${ALLOW_NETWORKS}=${probe.allow.join(',')} and remove the field`,
          },
        ]),
    ...networkMistakes(probe?.deny ?? [], '/probe/deny'),
    ...(probe?.resolvers ?? []).flatMap((text, i) =>
      isServer(text)
        ? []
        : [
            {
              pointer: `/probe/resolvers/${i}`,
              message: `${text} is not the address of a DNS server`,
              suggestion: 'use a form such as 192.0.2.53 or [2001:db8::53]:5353',
            },
          ],
    ),
  ];
}
