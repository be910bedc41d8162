/** Checks of ACME Issuers and of the Certificates that name them, which a schema cannot express. Pure. */

import { type Desired, durationMs, escapePointer, type Mistake, type Ref } from '#plugin';
import { isAllowed } from '../allowed-command.ts';
import { ipAddressesOf, usagesOf } from '../declared.ts';
import type { CertificateSpec, CertificatesConfig, IssuerSpec } from '../generated.ts';
import { issuerRef } from '../remembered.ts';
import { type AcmeSpec, directoryMistake, PERIOD_MS, rulesOf } from './directories.ts';
import { provableAddress, provableName, solverFor } from './solvers/choose.ts';
import { STEP_LIMITS_MS } from './step-limits.ts';

type Settings = Partial<CertificatesConfig>;
type SettingsMistake = Omit<Mistake, 'code' | 'severity'>;

function exactlyOne(
  of: Readonly<Record<string, unknown>>,
  names: readonly string[],
  pointer: string,
  required = true,
): readonly Mistake[] {
  const set = names.filter((name) => of[name] !== undefined);
  if (set.length === 1 || (set.length === 0 && !required)) return [];
  const last = names.at(-1) ?? '';
  const list = `${names.slice(0, -1).join(', ')} and ${last}`;
  return [{ code: 'invalid-solver', pointer, message: `set exactly one of ${list}` }];
}

function checkDns(
  dns01: NonNullable<AcmeSpec['solvers'][number]['dns01']>,
  pointer: string,
  { acme, commands = [] }: Settings,
): readonly Mistake[] {
  const { provider, exec, wait, timeout } = dns01;
  return [
    ...exactlyOne(dns01, ['provider', 'exec'], pointer),
    ...(provider === undefined || acme?.dnsProviders?.[provider] !== undefined
      ? []
      : [
          {
            code: 'unknown-provider',
            pointer: `${pointer}/provider`,
            message: `${provider} is not one of the DNS providers in fettle.yaml`,
            suggestion: 'declare the provider in `plugins.certificates.acme.dnsProviders`',
          },
        ]),
    ...(exec === undefined || isAllowed(exec.command, commands)
      ? []
      : [
          {
            code: 'command-not-allowed',
            pointer: `${pointer}/exec/command`,
            message: `${JSON.stringify(exec.command)} is not one of the commands that fettle.yaml lists`,
            suggestion: 'add the same words to `plugins.certificates.commands` of fettle.yaml',
          },
        ]),
    ...tooLong(wait, `${pointer}/wait`),
    ...tooLong(timeout, `${pointer}/timeout`),
  ];
}

/** Checks the limits of directories in the settings. */
export function checkLimits({ acme }: Settings): readonly SettingsMistake[] {
  return Object.entries(acme?.limits ?? {}).flatMap(([directory, limits]) => {
    const pointer = `/acme/limits/${escapePointer(directory)}`;
    const mistake = directoryMistake(directory);
    if (mistake !== undefined) return [{ pointer, ...mistake }];
    return Object.entries(limits).flatMap(([name, { per }]): readonly SettingsMistake[] => {
      const ms = durationMs(per);
      return ms >= PERIOD_MS.least && ms <= PERIOD_MS.most
        ? []
        : [{ pointer: `${pointer}/${name}/per`, message: `${per} is not from 1m to 7d` }];
    });
  });
}

function tooLong(duration: string | undefined, pointer: string): readonly Mistake[] {
  if (duration === undefined || durationMs(duration) <= STEP_LIMITS_MS.propagation) return [];
  const most = `${STEP_LIMITS_MS.propagation / 60_000}m`;
  return [{ code: 'invalid-time', pointer, message: `${duration} is too long. The maximum is ${most}` }];
}

/** Problems of an Issuer. */
export function checkAcmeIssuer({ acme }: IssuerSpec, settings: Settings): readonly Mistake[] {
  if (acme === undefined) return [];
  const { directory, eab, solvers } = acme;
  const mistake = directoryMistake(directory);
  return [
    ...(mistake === undefined ? [] : [{ code: 'unknown-directory', pointer: '/spec/acme/directory', ...mistake }]),
    ...(eab === undefined || settings.acme?.accounts?.[eab] !== undefined
      ? []
      : [
          {
            code: 'unknown-account',
            pointer: '/spec/acme/eab',
            message: `${eab} is not one of the external accounts in fettle.yaml`,
            suggestion: 'declare the account in `plugins.certificates.acme.accounts`',
          },
        ]),
    ...solvers.flatMap((solver, i) => {
      const pointer = `/spec/acme/solvers/${i}`;
      return [
        ...exactlyOne(solver, ['http01', 'dns01', 'dnsPersist01'], pointer),
        ...(solver.http01 === undefined
          ? []
          : exactlyOne(solver.http01, ['webroot', 'listener', 'serve'], `${pointer}/http01`)),
        ...(solver.dns01 === undefined ? [] : checkDns(solver.dns01, `${pointer}/dns01`, settings)),
      ];
    }),
  ];
}

/** Names that no solver of the Issuer can prove: an error, unless nothing is issued for them by time. */
function unproven(spec: CertificateSpec, { solvers }: AcmeSpec): readonly Mistake[] {
  const isOff = spec.renewal?.enabled === false && spec.recovery?.enabled === false;
  const severity = isOff ? ({ severity: 'warning' } as const) : {};
  const names = spec.dnsNames.flatMap((name, i): readonly Mistake[] => {
    const identifier = provableName(name);
    if (solverFor(solvers, identifier) !== undefined) return [];
    const why = identifier.wildcard
      ? 'A wildcard needs a solver with dns01 or dnsPersist01'
      : 'Add a solver to the Issuer';
    return [
      {
        code: 'no-solver',
        pointer: `/spec/dnsNames/${i}`,
        message: `no solver of the Issuer proves ${name}. ${why}`,
        ...severity,
      },
    ];
  });
  const addresses = ipAddressesOf(spec).flatMap((address, i): readonly Mistake[] =>
    solverFor(solvers, provableAddress(address)) === undefined
      ? [
          {
            code: 'no-solver',
            pointer: `/spec/ipAddresses/${i}`,
            message: `no solver of the Issuer proves ${address}. An IP address needs a solver with http01`,
            ...severity,
          },
        ]
      : [],
  );
  return [...names, ...addresses];
}

/** Properties that the published rules of the directory refuse. */
function refused(spec: CertificateSpec, acme: AcmeSpec): readonly Mistake[] {
  const rules = rulesOf(acme);
  if (rules === undefined) return [];
  const { mostNames, addressProfiles, keyAlgorithms } = rules;
  const count = spec.dnsNames.length + ipAddressesOf(spec).length;
  return [
    ...(count <= mostNames
      ? []
      : [
          {
            code: 'refused-by-authority',
            pointer: '/spec/dnsNames',
            message: `the certificate has ${count} names. The maximum of ${acme.directory} is ${mostNames}`,
          },
        ]),
    ...(ipAddressesOf(spec).length === 0 || addressProfiles.includes(acme.profile ?? '')
      ? []
      : [
          {
            code: 'refused-by-authority',
            pointer: '/spec/ipAddresses',
            message: `${acme.directory} issues certificates for IP addresses only with the profile ${addressProfiles.join(' or ')}`,
          },
        ]),
    ...(keyAlgorithms.includes(spec.keyAlgorithm)
      ? []
      : [
          {
            code: 'refused-by-authority',
            pointer: '/spec/keyAlgorithm',
            message: `${acme.directory} does not accept ${spec.keyAlgorithm}. Use ${keyAlgorithms.join(', ')}`,
          },
        ]),
  ];
}

/** Problems of a Certificate from an ACME authority; none if the Issuer is of another type. */
export function checkAcmeCertificate(
  { spec, written = [] }: Pick<Desired<CertificateSpec>, 'spec' | 'written'>,
  find: (ref: Ref) => Desired | undefined,
): readonly Mistake[] {
  const acme = (find(issuerRef(spec))?.spec as IssuerSpec | undefined)?.acme;
  if (acme === undefined) return [];
  const usages = usagesOf(spec);
  return [
    ...unproven(spec, acme),
    ...refused(spec, acme),
    ...(usages.length === 1 && usages[0] === 'serverAuth'
      ? []
      : [
          {
            code: 'refused-by-authority',
            pointer: '/spec/usages',
            message: 'the authority decides the usages of its certificates. Remove the field',
          },
        ]),
    ...(written.includes('/validityDays') || written.includes('/spec/validityDays')
      ? [
          {
            code: 'no-effect',
            pointer: '/spec/validityDays',
            message: 'the authority decides the validity of its certificates, by the `profile` of the Issuer',
            severity: 'warning' as const,
          },
        ]
      : []),
  ];
}
