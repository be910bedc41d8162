/** The certificates plugin: authorities, certificates in files, and the certificates that TLS servers present. */

import { definePlugin, type Kind } from '#plugin';
import { accountUsable, certificateAccountUsable } from './acme/account-faults.ts';
import { noteWait } from './acme/budget.ts';
import { namedProviders } from './acme/named-providers.ts';
import { orderRoom } from './acme/held-orders.ts';
import { accountWait, acmeClock, caaForbids } from './acme/rules.ts';
import { accountShared, issuerMatters } from './acme/shared-accounts.ts';
import { certificateHandlers, issuerHandlers } from './apply.ts';
import { check, checkTogether } from './check.ts';
import { checkLimits } from './acme/check.ts';
import { checkProbe } from './check-domain.ts';
import { adoptCertificate, diffCertificate, diffDomain, diffIssuer } from './diff.ts';
import { certificateEffect, certificateLatest, certificateSeen, issuerEffect } from './effect.ts';
import type { CertificateFacts, DomainFacts, IssuerFacts } from './facts.ts';
import {
  type CertificateMemory,
  type CertificateRuleId,
  type CertificateSpec,
  type CertificateStep,
  type CertificatesConfig,
  type DomainMemory,
  type DomainRuleId,
  type DomainSpec,
  type DomainStep,
  type IssuerMemory,
  type IssuerRuleId,
  type IssuerSpec,
  type IssuerStep,
  tables,
} from './generated.ts';
import { domainWithSettings, settingsOnHost } from './environment.ts';
import { certificateFindings, issuerFindings } from './ends.ts';
import { noteAdopted } from './kept.ts';
import { domainFindings, noteCertificate, noteDomain, noteIssuer } from './note.ts';
import { certificateStanding } from './observe-certificate.ts';
import { domainStanding } from './observe-domain.ts';
import { issuerStanding } from './observe-issuer.ts';
import { foreignAuthority, foreignFile, notePlaces } from './own-files.ts';
import { certificatePlaces, issuerPlaces } from './places.ts';
import { certificatePolicy, timeMistakes, withSettings } from './renewal.ts';
import {
  backoff,
  certificateIssuerChanged,
  cutShort,
  issuerChanged,
  neverWithoutValidPair,
  renewalLoop,
  retryExhausted,
  stillServed,
} from './safety.ts';
import { certificateCadence, certificateSchedule, domainCadence, domainSchedule, issuerSchedule } from './schedule.ts';
import { certificateMatters } from './served.ts';
import { contentLost, foreignKey, issuerNameConstraints, noteSwap, publicToPrivate } from './storage-rules.ts';
import { summary } from './summary.ts';
import type { CertificatesReader, CertificatesWriter } from './world.ts';

const issuer: Kind<CertificatesWriter, IssuerSpec, IssuerFacts, IssuerMemory, IssuerStep, IssuerRuleId> = {
  state: issuerStanding,
  places: issuerPlaces,
  diff: diffIssuer,
  settingInputs: (spec, settings) => namedProviders(spec, settings as unknown as Partial<CertificatesConfig>),
  effect: issuerEffect,
  note: noteIssuer,
  schedule: issuerSchedule,
  findings: issuerFindings,
  matters: issuerMatters,
  rules: {
    'issuer-changed': issuerChanged,
    'foreign-file': foreignAuthority,
    'acme-budget': accountWait,
    'account-unusable': accountUsable,
    'account-shared': accountShared,
  },
  handlers: issuerHandlers,
};

const certificate: Kind<
  CertificatesWriter,
  CertificateSpec,
  CertificateFacts,
  CertificateMemory,
  CertificateStep,
  CertificateRuleId
> = {
  expand: (desired, _recall, settings) => [
    {
      ...desired,
      spec: withSettings(desired.spec, settings as unknown as Partial<CertificatesConfig>),
    },
  ],
  policy: (desired, memory, settings) =>
    certificatePolicy(desired, memory, settings as unknown as Partial<CertificatesConfig>),
  state: certificateStanding,
  places: certificatePlaces,
  diff: diffCertificate,
  adoption: adoptCertificate,
  effect: certificateEffect,
  seen: certificateSeen,
  note: (resource, now, scene) => ({
    ...noteCertificate(resource, now, scene),
    ...noteSwap(resource),
    ...noteAdopted(resource),
    ...notePlaces(resource),
    ...noteWait(resource, scene),
  }),
  latest: certificateLatest,
  schedule: certificateSchedule,
  cadence: certificateCadence,
  matters: certificateMatters,
  findings: certificateFindings,
  rules: {
    'issuer-changed': certificateIssuerChanged,
    'never-without-valid-pair': neverWithoutValidPair,
    'cut-short': cutShort,
    'renewal-loop': renewalLoop,
    'retry-exhausted': retryExhausted,
    backoff,
    'still-served': stillServed,
    'foreign-key': foreignKey,
    'foreign-file': foreignFile,
    'public-to-private': publicToPrivate,
    'content-lost': contentLost,
    'acme-budget': orderRoom,
    'account-unusable': certificateAccountUsable,
    'acme-clock': acmeClock,
    'caa-forbids': caaForbids,
    'issuer-name-constraints': issuerNameConstraints,
  },
  handlers: certificateHandlers,
};

const domain: Kind<CertificatesWriter, DomainSpec, DomainFacts, DomainMemory, DomainStep, DomainRuleId> = {
  expand: (desired, _recall, settings) => [
    domainWithSettings(desired, settings as unknown as Partial<CertificatesConfig>),
  ],
  policy: (desired) => desired?.spec,
  state: domainStanding,
  diff: diffDomain,
  note: noteDomain,
  schedule: domainSchedule,
  cadence: domainCadence,
  findings: domainFindings,
  rules: {},
  handlers: {},
};

/** Loads the code that refreshes and writes on first use: a plan without certificates must start at once. */
export const certificates = definePlugin<CertificatesReader, CertificatesWriter>({
  name: 'certificates',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  onHost: (settings, env) => settingsOnHost(settings as unknown as Partial<CertificatesConfig>, env),
  checkSettings: (settings) => {
    const config = settings as unknown as Partial<CertificatesConfig>;
    return [...timeMistakes(config, {}, ''), ...checkProbe(config), ...checkLimits(config)];
  },
  check,
  checkTogether,
  secretsFor: 'writer',
  summary,
  alerts: async () => (await import('./alerts.ts')).certificateAlerts,
  metrics: async () => (await import('./metrics.ts')).metrics,
  commands: async () => (await import('./commands/index.ts')).commands,
  endpoints: async () => (await import('./events/endpoints.ts')).endpoints,
  events: async () => (await import('./events/plugin-events.ts')).certificateEvents,
  kinds: { Issuer: issuer, Certificate: certificate, Domain: domain },
  openReader: async (outside) => (await import('./live/reader.ts')).openReader(outside),
  openWriter: async (outside) => (await import('./live/writer.ts')).openWriter(outside),
  observe: async (world, query) => (await import('./observe.ts')).observe(world, query),
  discover: async (world, discovery) => (await import('./discover.ts')).discover(world, discovery),
});
