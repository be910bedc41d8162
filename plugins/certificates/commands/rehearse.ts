/** `fettle certificates rehearse NAME`: orders a certificate at a rehearsal directory, and throws it away. */

import {
  type CommandInput,
  defineCommand,
  defined,
  errorText,
  formatRef,
  InputError,
  instantText,
  namedResource,
  type Ref,
} from '#plugin';
import { type AcmeSpec, stagingOf } from '../acme/directories.ts';
import { ipAddressesOf } from '../declared.ts';
import type { CertificateMemory, CertificateSpec, IssuerSpec } from '../generated.ts';
import { issuerRef } from '../remembered.ts';
import type { CertificatesWriter } from '../world.ts';

/** A Certificate and the directory at which its order is rehearsed. */
interface Rehearsed {
  readonly ref: Ref;
  readonly spec: CertificateSpec;
  readonly issuer: AcmeSpec;
  readonly directory: string;
}

function rehearsedOf(
  input: Pick<CommandInput, 'desired' | 'memory'>,
  name: string,
  directory: string | undefined,
): Rehearsed {
  const ref = namedResource('Certificate', name, input);
  const documentOf = (wanted: Ref) => input.desired.find((each) => formatRef(each.ref) === formatRef(wanted));
  const spec = documentOf(ref)?.spec as CertificateSpec | undefined;
  if (spec === undefined) throw new InputError(`the Certificate ${ref.name} is not declared`);
  const issuer = (documentOf(issuerRef(spec))?.spec as IssuerSpec | undefined)?.acme;
  if (issuer === undefined) throw new InputError(`the Issuer ${spec.issuer} of ${ref.name} does not use ACME`);
  const at = directory ?? stagingOf(issuer.directory);
  if (at === undefined)
    throw new InputError(`no rehearsal directory of ${issuer.directory} is known. Name one with --directory`);
  if (!/^https:\/\/\S+$/u.test(at) || !URL.canParse(at)) throw new InputError(`${at} is not an address with https`);
  return { ref, spec, issuer, directory: at };
}

const MOST_TEXT = 1000;

export const rehearse = defineCommand({
  name: 'rehearse',
  summary: 'Order a Certificate at a rehearsal directory, and throw it away.',
  words: { name: { summary: 'Name of the Certificate.', as: 'required' } },
  options: {
    directory: {
      summary: 'Address of the directory. Defaults to the staging directory of the authority.',
      value: '<url>',
    },
  },
  more: '\nThe solvers put up and remove the same values as for a real order, with their credentials. The account is a new one. Nothing is stored; the log has the result.\n',
  does: 'trial',
  ask: (input) => {
    const { ref, spec, directory } = rehearsedOf(input, input.words.name, input.flags.directory);
    const names = [...spec.dnsNames, ...ipAddressesOf(spec)];
    const shown = names.slice(0, 3).join(', ');
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return `Rehearse the order of ${ref.name} (${shown}${more}) at ${directory}?`;
  },
  try: async (world: CertificatesWriter, input) => {
    const { ref, spec, issuer, directory } = rehearsedOf(input, input.words.name, input.flags.directory);
    const { memory, now, signal, progress, keep } = input;
    const kept = memory.find((each) => formatRef(each.ref) === formatRef(ref))?.kept as
      | Partial<CertificateMemory>
      | undefined;
    const note = (result: string) => ({
      ref,
      kept: { rehearsed_at: instantText(now), rehearsal: result.slice(0, MOST_TEXT) },
    });
    const facts = { certificate: ref.name, directory };
    try {
      const { until } = await world.rehearse(
        defined({
          issuer,
          directory,
          ca: issuer.ca,
          dnsNames: spec.dnsNames,
          ipAddresses: ipAddressesOf(spec),
          keyAlgorithm: spec.keyAlgorithm,
          presented: kept?.presented,
          signal,
          progress,
          clock: () => Date.now(),
          stillApproved: async () => undefined,
          keep: (fields: object) => keep([{ ref, kept: { ...fields } }]),
        }),
      );
      return {
        notes: [note('succeeded')],
        lines: [
          `The rehearsal of ${ref.name} succeeded: ${directory} issued a certificate until ${instantText(until)}.`,
        ],
        facts: { ...facts, succeeded: true, until: instantText(until) },
      };
    } catch (error) {
      if (signal.aborted) throw error;
      const why = errorText(error);
      return {
        notes: [note(why)],
        lines: [`The rehearsal of ${ref.name} failed: ${why}`],
        facts: { ...facts, succeeded: false, error: why },
        failed: true,
      };
    }
  },
});
