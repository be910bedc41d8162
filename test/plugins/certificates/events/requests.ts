/** Requests of certificate events, as their sources send them. */

import { createHmac } from 'node:crypto';
import type { IntakeRequest } from '../../../../plugins/certificates/events/intake.ts';
import { eventSettings, type IntakeSettings } from '../../../../plugins/certificates/events/settings.ts';
import { NOW } from '../support.ts';

export const TOKEN = 'shared-token';
export const PROD = { source: 'cert_manager', cluster: 'prod', secret: 'prod-secret' };
export const STAGING = { source: 'cert_manager', cluster: 'staging', secret: 'staging-secret' };
export const DOMAIN_ID = '0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10';

const KEYS = [PROD, STAGING].map(({ source, cluster, secret }) => `${source}:${cluster}=${secret}`).join(',');

export const ENVIRONMENT = { CERT_EVENT_INGEST_TOKEN: TOKEN, CERT_EVENT_SOURCE_KEYS: KEYS };

export const SIGNED: IntakeSettings = eventSettings(ENVIRONMENT).intake;

export const UNSIGNED: IntakeSettings = eventSettings({ CERT_EVENT_INGEST_TOKEN: TOKEN }).intake;

/** Lower-case hex HMAC-SHA-256 over `<timestamp>.<body>`. */
export function signatureOf(secret: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
}

interface Parts {
  readonly headers?: IntakeRequest['headers'];
  readonly now?: number;
  readonly signer?: typeof PROD;
  /** Unix seconds. */
  readonly timestamp?: string;
}

/** A request with the token. Its headers can be replaced. */
export function requestWith(body: unknown, { headers = {}, now = NOW }: Parts = {}): IntakeRequest {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  return {
    headers: { 'x-cert-event-token': TOKEN, ...headers },
    body: bytes,
    now,
    domainIds: new Set([DOMAIN_ID]),
  };
}

/** A request that a source signed. */
export function signedRequest(body: unknown, parts: Parts = {}): IntakeRequest {
  const { signer = PROD, now = NOW, timestamp = String(Math.trunc(now / 1000)), headers } = parts;
  const request = requestWith(body, { now });
  return {
    ...request,
    headers: {
      ...request.headers,
      'x-cert-source': signer.source,
      'x-cert-cluster': signer.cluster,
      'x-cert-timestamp': timestamp,
      'x-cert-signature': signatureOf(signer.secret, timestamp, request.body),
      ...headers,
    },
  };
}
