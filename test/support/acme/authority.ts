/** An ACME authority for tests: a server with its anchors, and a place for the answers to its challenges. */

export type Feature = 'ari' | 'profiles';

export interface TestAuthority {
  /** URL of the directory. */
  readonly directory: string;
  /** Anchor of its own HTTPS. PEM. */
  readonly ca: string;
  readonly features: ReadonlySet<Feature>;
  /** The name of a profile for each order; undefined without profiles. */
  readonly profile: string | undefined;
  /** Answers http-01 for all names. */
  readonly serveFile: (token: string, content: string) => Promise<void>;
  /** Adds a TXT record. `host`: `_acme-challenge.www.example.test`. */
  readonly addTxt: (host: string, value: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}
