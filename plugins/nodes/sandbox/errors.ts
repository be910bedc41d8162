/** The errors of the provider's API, by code, from its published list. */

import type { Json } from '#plugin';

/** HTTP status by error code. */
const STATUS = {
  json_error: 400,
  unauthorized: 401,
  token_readonly: 401,
  forbidden: 403,
  maintenance: 403,
  resource_limit_exceeded: 403,
  not_found: 404,
  method_not_allowed: 405,
  uniqueness_error: 409,
  conflict: 409,
  ip_not_available: 409,
  no_subnet_available: 409,
  deprecated_api_endpoint: 410,
  resource_unavailable: 412,
  invalid_input: 422,
  service_error: 422,
  unsupported_error: 422,
  placement_error: 422,
  server_not_stopped: 422,
  invalid_server_type: 422,
  primary_ip_assigned: 422,
  primary_ip_version_mismatch: 422,
  server_already_attached: 422,
  server_not_attached_to_network: 422,
  networks_overlap: 422,
  resource_in_use: 422,
  volume_already_attached: 422,
  firewall_already_applied: 422,
  firewall_already_removed: 422,
  firewall_resource_not_found: 422,
  locked: 423,
  protected: 423,
  rate_limit_exceeded: 429,
  server_error: 500,
  unavailable: 503,
  timeout: 504,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** An error answer in the published shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Json;

  constructor(code: ErrorCode, message: string, details: Json = null) {
    super(message);
    this.name = 'ApiError';
    this.status = STATUS[code];
    this.code = code;
    this.details = details;
  }
}

/** Returns the error for an invalid field of a request. */
export function invalidInput(field: string, message: string): ApiError {
  return new ApiError('invalid_input', `invalid input in field '${field}'`, {
    fields: [{ name: field, messages: [message] }],
  });
}

export function notFound(kind: string, id: number | string): ApiError {
  return new ApiError('not_found', `${kind} with ID '${id}' not found`);
}

export function notUnique(field: string, kind: string): ApiError {
  return new ApiError('uniqueness_error', `${kind} ${field} is already used`, { fields: [field] });
}
