/** Checks of documents that a schema cannot express: unacceptable names, and commands that are not permitted. */

import { type Desired, formatRef, fromProject, type Json, type Mistake, instantOf, type Ref } from '#plugin';
import { addressNumber } from '#plugin/net';
import { checkAcmeCertificate, checkAcmeIssuer } from './acme/check.ts';
import { isAllowed } from './allowed-command.ts';
import { checkDomain } from './check-domain.ts';
import { ipAddressesOf, plainAddress } from './declared.ts';
import {
  type CertificateSpec,
  type CertificatesConfig,
  defaults,
  type DomainSpec,
  type IssuerSpec,
} from './generated.ts';
import { timeMistakes, withSettings } from './renewal.ts';

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/iu;
const MAX_NAME = 253;

function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/u.test(text) || text.includes(':');
}

/** The problem of a DNS name of a certificate. */
function nameMistake(name: string): Pick<Mistake, 'message' | 'suggestion'> | undefined {
  if (isAddress(name))
    return { message: `${name} is an IP address, not a DNS name`, suggestion: 'list it in `ipAddresses`' };
  if (name.endsWith('.')) return { message: `${name} ends with a dot`, suggestion: `use ${name.slice(0, -1)}` };
  const labels = name.split('.');
  const [first, ...others] = labels;
  if (first === '*' && others.length < 2)
    return { message: `${name} would be valid for a whole top-level domain, which no client accepts` };
  const plain = first === '*' ? others : labels;
  if (first === '*' && name.includes('_'))
    return { message: `${name}: clients do not accept a wildcard in a name with an underscore` };
  if (plain.some((label) => label.includes('*')))
    return { message: `${name}: a wildcard must be the whole first label`, suggestion: '*.example.test' };
  if (name.length > MAX_NAME || plain.some((label) => !LABEL.test(label)))
    return { message: `${name} is not a DNS name: labels have 1 to 63 letters, digits, underscores and inner hyphens` };
  return undefined;
}

function checkNames(names: readonly string[]): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const pointer = `/spec/dnsNames/${i}`;
    const wrong = nameMistake(name);
    if (wrong !== undefined) mistakes.push({ code: 'invalid-name', pointer, ...wrong });
    const before = seen.get(name.toLowerCase());
    if (before === undefined) seen.set(name.toLowerCase(), i);
    else mistakes.push({ code: 'duplicate-name', pointer, message: `${name} is the same name as item ${before + 1}` });
  });
  return mistakes;
}

/** Problems of IP addresses that their format does not find. */
function checkAddresses(addresses: readonly string[]): readonly Mistake[] {
  const seen = new Map<string, number>();
  return addresses.flatMap((address, i): readonly Mistake[] => {
    const pointer = `/spec/ipAddresses/${i}`;
    if (addressNumber(address) === undefined)
      return [{ code: 'invalid-name', pointer, message: `${address} is not a valid IP address` }];
    const before = seen.get(plainAddress(address));
    seen.set(plainAddress(address), before ?? i);
    return before === undefined
      ? []
      : [{ code: 'duplicate-name', pointer, message: `${address} is the same address as item ${before + 1}` }];
  });
}

function checkAnyName(spec: CertificateSpec): readonly Mistake[] {
  if (spec.dnsNames.length + ipAddressesOf(spec).length > 0) return [];
  const message = 'the certificate has no name. Set `dnsNames`, `ipAddresses`, or both';
  return [{ code: 'missing-name', pointer: '/spec', message }];
}

function checkThreshold(spec: CertificateSpec, settings: Partial<CertificatesConfig>): readonly Mistake[] {
  const validity = spec.validityDays;
  const threshold = withSettings(spec, settings).renewal.thresholdDays;
  const inForce = Math.floor(validity / 3);
  // Without a declared threshold, the default already is a third at most.
  const general = withSettings({}, settings).renewal.thresholdDays;
  const isWritten = spec.renewal.thresholdDays !== undefined || general !== defaults.config.renewal.thresholdDays;
  if (threshold <= inForce || (!isWritten && threshold < validity)) return [];
  return [
    {
      code: 'threshold-too-long',
      pointer: spec.renewal.thresholdDays === undefined ? '/spec/validityDays' : '/spec/renewal/thresholdDays',
      message: `renewal.thresholdDays is ${threshold}, and validityDays is ${validity}. Renewals start at the earliest ${inForce} days before the expiry, at a third of the lifetime`,
      suggestion: `set renewal.thresholdDays to ${inForce}, or increase validityDays`,
      severity: 'warning',
    },
  ];
}

function checkTimes(spec: CertificateSpec, settings: Partial<CertificatesConfig>): readonly Mistake[] {
  const { issuedAfter } = spec.renewal;
  return [
    ...timeMistakes(spec, settings, '/spec').map((mistake) => ({ code: 'invalid-time', ...mistake })),
    ...(issuedAfter === undefined || !Number.isNaN(instantOf(issuedAfter))
      ? []
      : [
          {
            code: 'invalid-time',
            pointer: '/spec/renewal/issuedAfter',
            message: `${issuedAfter} is not a valid time`,
          },
        ]),
  ];
}

function checkStorage({ storage: { file } }: CertificateSpec): readonly Mistake[] {
  if (file === undefined) return [];
  const { certificate, key, combined } = file;
  const missing = certificate === undefined ? 'certificate' : 'key';
  if (certificate !== undefined && key !== undefined) return [];
  const alone = [file.certificate, file.key, file.chain, file.fullchain].every((path) => path === undefined);
  if (combined !== undefined && alone) return [];
  return [
    {
      code: 'incomplete-storage',
      pointer: '/spec/storage/file',
      message: `the ${missing} is missing. Set \`certificate\` and \`key\`, or \`combined\` alone`,
    },
  ];
}

function checkCommand(
  words: readonly string[],
  pointer: string,
  { commands = [] }: Partial<CertificatesConfig>,
): readonly Mistake[] {
  if (isAllowed(words, commands)) return [];
  return [
    {
      code: 'command-not-allowed',
      pointer,
      message: `${JSON.stringify(words)} is not one of the commands that fettle.yaml lists`,
      suggestion: 'add the same words to `plugins.certificates.commands` of fettle.yaml',
    },
  ];
}

function checkReload(
  { reload }: CertificateSpec,
  file: string,
  allowed: Partial<CertificatesConfig>,
): readonly Mistake[] {
  if (reload === undefined) return [];
  const { command, signal } = reload;
  if ((command === undefined) === (signal === undefined))
    return [
      {
        code: 'invalid-reload',
        pointer: '/spec/reload',
        message: 'set exactly one of reload.command and reload.signal',
      },
    ];
  if (command !== undefined) return checkCommand(command, '/spec/reload/command', allowed);
  const path = fromProject(file, signal?.pidFile ?? '');
  if ((allowed.pidFiles ?? []).some((each) => fromProject('', each) === path)) return [];
  return [
    {
      code: 'command-not-allowed',
      pointer: '/spec/reload/signal/pidFile',
      message: `${path} is not one of the files that fettle.yaml lists`,
      suggestion: `add the path to \`plugins.certificates.pidFiles\` of fettle.yaml`,
    },
  ];
}

function checkCertificate(
  spec: CertificateSpec,
  file: string,
  settings: Partial<CertificatesConfig>,
): readonly Mistake[] {
  return [
    ...checkAnyName(spec),
    ...checkNames(spec.dnsNames),
    ...checkAddresses(ipAddressesOf(spec)),
    ...checkThreshold(spec, settings),
    ...checkTimes(spec, settings),
    ...checkStorage(spec),
    ...(spec.deploy === undefined ? [] : checkCommand(spec.deploy.command, '/spec/deploy/command', settings)),
    ...checkReload(spec, file, settings),
  ];
}

/** Problems within one document, before defaults are filled in. */
export function check(desired: Desired, find: (ref: Ref) => Desired | undefined, settings: Json): readonly Mistake[] {
  const config = settings as Partial<CertificatesConfig>;
  if (desired.ref.kind === 'Issuer') return checkAcmeIssuer(desired.spec as IssuerSpec, config);
  if (desired.ref.kind === 'Certificate')
    return [
      ...checkCertificate(desired.spec as CertificateSpec, desired.source.file, config),
      ...checkAcmeCertificate(desired as Desired<CertificateSpec>, find),
    ];
  if (desired.ref.kind === 'Domain')
    return checkDomain(desired.spec as DomainSpec, settings as Partial<CertificatesConfig>);
  return [];
}

/** Problems over several documents: Domains with the same `externalId`, which certificate events could not tell apart. */
export function checkTogether(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[] {
  const first = new Map<string, Ref>();
  return documents.flatMap(({ ref, spec }) => {
    const id = ref.kind === 'Domain' ? (spec as DomainSpec).externalId?.toLowerCase() : undefined;
    if (id === undefined) return [];
    const before = first.get(id);
    first.set(id, before ?? ref);
    if (before === undefined) return [];
    const message = `${id} is also the externalId of ${formatRef(before)}`;
    return [{ ref, code: 'duplicate-name', pointer: '/spec/externalId', message }];
  });
}
