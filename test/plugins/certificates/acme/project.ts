/** A project with a Certificate from an ACME authority, whose command lines run in this process. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { type Done, fettleHere } from '../../../support/command-line.ts';
import type { TestAuthority } from '../../../support/acme/authority.ts';

export interface AcmeProject {
  readonly folder: string;
  readonly run: (...args: readonly string[]) => Promise<Done>;
  /** Replaces the documents. */
  readonly declare: (documents: string) => void;
}

export interface AcmeDocuments {
  /** Members of `acme` of the Issuer, as YAML flow. */
  readonly acme?: string;
  readonly names?: readonly string[];
  readonly certificate?: string;
}

/** An Issuer and a Certificate `www`; the listener of the solver is where the authority looks. */
export function acmeDocuments(
  authority: TestAuthority,
  { acme = '', names, certificate = '' }: AcmeDocuments = {},
): string {
  const { directory, httpPort, profile } = authority;
  const listener = `{ http01: { listener: { port: ${httpPort}, address: 127.0.0.1 }, selfCheck: skip } }`;
  return `apiVersion: certificates/v1
kind: Issuer
metadata: { name: public }
spec: { acme: { directory: "${directory}", accountKey: ./acme/account.key, ca: ./acme.pem, ${profile === undefined ? '' : `profile: ${profile}, `}solvers: [${listener}]${acme === '' ? '' : `, ${acme}`} } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec: { issuer: public, dnsNames: [${(names ?? ['www.example.test']).join(', ')}], storage: { file: { certificate: ./tls/www.crt, key: ./tls/www.key } }${certificate === '' ? '' : `, ${certificate}`} }
`;
}

export function acmeProject(authority: TestAuthority, documents = acmeDocuments(authority), config = ''): AcmeProject {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': `name: test\nstore: .fettle\ndesired: ['*.yaml']\n${config}`,
    'acme.pem': authority.ca,
    'certs.yaml': documents,
  });
  return {
    folder,
    run: (...args) => fettleHere(folder, ...args),
    declare: (text) => writeFileSync(join(folder, 'certs.yaml'), text),
  };
}
