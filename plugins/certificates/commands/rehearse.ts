/** `fettle certificates rehearse NAME`: orders a certificate at a rehearsal directory, and throws it away. */

import {
  type CommandInput,
  defineCommand,
  defined,
  errorText,
  type Facts,
  formatRef,
  InputError,
  instantText,
  listed,
  namedResource,
  type Ref,
} from '#plugin';
import { type AcmeSpec, directoryUrl, stagingOf } from '../acme/directories.ts';
import { provableAddress, provableName, solverFor } from '../acme/solvers/choose.ts';
import { solverPlace, solverPlaceText } from '../acme/solvers/solver-place.ts';
import { ipAddressesOf } from '../declared.ts';
import { solverCommands } from '../effect.ts';
import type { CertificateMemory, CertificateSpec, CertificatesConfig, IssuerSpec } from '../generated.ts';
import { issuerRef } from '../remembered.ts';
import type { CertificatesWriter } from '../world.ts';

/** A Certificate and the directory at which its order is rehearsed. */
interface Rehearsed {
  readonly ref: Ref;
  readonly spec: CertificateSpec;
  readonly issuer: AcmeSpec;
  readonly directory: string;
  /** Path of its anchors: absolute, or relative to the project. */
  readonly ca?: string;
  readonly eab?: string;
  readonly profile?: string;
}

interface Flags {
  readonly directory: string | undefined;
  readonly ca: string | undefined;
  readonly eab: string | undefined;
  readonly profile: string | undefined;
}

/** The word of `--profile` for an order without a profile. */
const NO_PROFILE = 'none';

function rehearsedOf(
  input: Pick<CommandInput, 'desired' | 'memory' | 'settings'>,
  name: string,
  { directory, ca, eab, profile = '' }: Flags,
): Rehearsed {
  const ref = namedResource('Certificate', name, input);
  const documentOf = (wanted: Ref) => input.desired.find((each) => formatRef(each.ref) === formatRef(wanted));
  const spec = documentOf(ref)?.spec as CertificateSpec | undefined;
  if (spec === undefined) throw new InputError(`the Certificate ${ref.name} is not declared`);
  const issuer = (documentOf(issuerRef(spec))?.spec as IssuerSpec | undefined)?.acme;
  if (issuer === undefined) throw new InputError(`the Issuer ${spec.issuer} of ${ref.name} does not use ACME`);
  const at = directory === undefined ? stagingOf(issuer.directory) : directoryUrl(directory);
  if (at === undefined)
    throw new InputError(`no rehearsal directory of ${issuer.directory} is known. Name one with --directory`);
  if (!/^https:\/\/\S+$/u.test(at) || !URL.canParse(at)) throw new InputError(`${at} is not an address with https`);
  const { acme } = input.settings as unknown as Partial<CertificatesConfig>;
  if (eab !== undefined && !Object.hasOwn(acme?.accounts ?? {}, eab))
    throw new InputError(`plugins.certificates.acme.accounts of fettle.yaml does not have the account ${eab}`);
  // Another server has other anchors.
  const isSameServer = new URL(at).origin === new URL(directoryUrl(issuer.directory)).origin;
  return defined<Rehearsed>({
    ref,
    spec,
    issuer,
    directory: at,
    ca: ca ?? (isSameServer ? issuer.ca : undefined),
    eab,
    profile: profile === NO_PROFILE ? undefined : profile === '' ? issuer.profile : profile,
  });
}

/** The places where the solvers put their values, once each. */
function placesOf({ spec, issuer }: Rehearsed, { acme }: Partial<CertificatesConfig>): readonly string[] {
  const identifiers = [...spec.dnsNames.map(provableName), ...ipAddressesOf(spec).map(provableAddress)];
  const entries = identifiers.flatMap((identifier) => solverFor(issuer.solvers, identifier) ?? []);
  return [...new Set(entries.map((entry) => solverPlaceText(solverPlace(entry, acme?.dnsProviders ?? {}))))];
}

const MOST_TEXT = 1000;

export const rehearse = defineCommand({
  name: 'rehearse',
  summary: 'Order a Certificate at a rehearsal directory, and throw it away.',
  words: { name: { summary: 'Name of the Certificate.', as: 'required' } },
  options: {
    directory: {
      summary: 'Name or address of the directory. Defaults to the staging directory of the authority.',
      value: '<directory>',
    },
    ca: {
      summary: 'PEM file with the anchors of the directory. Defaults to that of the Issuer, for the same server.',
      kind: 'path',
    },
    eab: {
      summary: 'External account for the directory: a name in plugins.certificates.acme.accounts of fettle.yaml.',
      value: '<name>',
    },
    profile: {
      summary: 'Profile of the order, or none. Defaults to that of the Issuer.',
      value: '<name>',
    },
  },
  more: `
The solvers put up and remove the same values as for a real order, with their credentials. The account is a new one. Nothing is stored; the log has the result.

The approval covers the files of the solvers' commands: a command whose file changes afterwards is not run. The key of an external account is only used for directories whose origin is in FETTLE_PROVIDER_ORIGINS.

Examples:
  fettle certificates rehearse www
  fettle certificates rehearse www --directory https://ca.example.test/acme/staging/directory --eab staging
`,
  does: 'trial',
  ask: (input) => {
    const rehearsed = rehearsedOf(input, input.words.name, input.flags);
    const { ref, spec, directory } = rehearsed;
    const names = listed([...spec.dnsNames, ...ipAddressesOf(spec)], 3);
    const places = listed(placesOf(rehearsed, input.settings as unknown as Partial<CertificatesConfig>));
    return `Rehearse the order of ${ref.name} (${names}) at ${directory}, with ${places}?`;
  },
  commands: (input) => solverCommands(rehearsedOf(input, input.words.name, input.flags).issuer),
  try: async (world: CertificatesWriter, input) => {
    const { ref, spec, issuer, directory, ca, eab, profile } = rehearsedOf(input, input.words.name, input.flags);
    const { memory, now, signal, progress, stillApproved, keep } = input;
    const kept = memory.find((each) => formatRef(each.ref) === formatRef(ref))?.kept as
      | Partial<CertificateMemory>
      | undefined;
    const note = (result: string) => ({
      ref,
      kept: { rehearsed_at: instantText(now), rehearsal: result.slice(0, MOST_TEXT) },
    });
    const remarks: string[] = [];
    const facts = defined<Facts>({ certificate: ref.name, directory, profile, eab });
    try {
      const { until } = await world.rehearse(
        defined({
          issuer,
          directory,
          ca,
          eab,
          profile,
          dnsNames: spec.dnsNames,
          ipAddresses: ipAddressesOf(spec),
          keyAlgorithm: spec.keyAlgorithm,
          presented: kept?.presented,
          signal,
          progress,
          remark: (text: string) => void remarks.push(text),
          clock: () => Date.now(),
          stillApproved,
          keep: (fields: object) => keep([{ ref, kept: { ...fields } }]),
        }),
      );
      return {
        notes: [note('succeeded')],
        lines: [
          `The rehearsal of ${ref.name} succeeded: ${directory} issued a certificate until ${instantText(until)}.`,
          ...remarks,
        ],
        facts: { ...facts, succeeded: true, until: instantText(until) },
      };
    } catch (error) {
      if (signal.aborted) throw error;
      const why = [errorText(error), ...remarks].join('. ');
      return {
        notes: [note(why)],
        lines: [`The rehearsal of ${ref.name} failed: ${why}`],
        facts: { ...facts, succeeded: false, error: why },
        failed: true,
      };
    }
  },
});
