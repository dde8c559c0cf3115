/** Expected failures: one table of code, status and sentence, and the problem document of each. */

interface FailureRow {
  readonly status: number;
  readonly title: string;
}

/**
 * Every failure that a caller may see. The code is the last part of the problem's `type`, the label
 * in the metrics and the word in the log. Sentences never echo what the caller sent (RFC 9457).
 */
export const failures = {
  // What the gate refuses.
  bad_request: { status: 400, title: 'The request is not well formed.' },
  bad_framing: { status: 400, title: 'The length of the request body is ambiguous.' },
  bad_host: { status: 400, title: 'The Host field is missing, repeated or malformed.' },
  bad_target: { status: 400, title: 'The request target is not an unambiguous absolute path.' },
  bad_credentials: { status: 400, title: 'The request carries malformed or repeated credentials.' },
  bad_connection: { status: 400, title: 'The Connection field names an end-to-end field.' },
  unexpected_body: { status: 400, title: 'This method does not take a body.' },
  unknown_host: { status: 421, title: 'This gateway does not answer for that host.' },
  method_refused: { status: 405, title: 'This method is not offered here.' },
  method_unknown: { status: 501, title: 'This method is not known here.' },
  coding_unknown: { status: 501, title: 'This transfer coding is not supported.' },
  version_refused: { status: 505, title: 'Only HTTP/1.1 and HTTP/1.0 are spoken here.' },
  expectation_failed: { status: 417, title: 'The only expectation met here is 100-continue.' },
  too_many_fields: { status: 431, title: 'The request carries too many or too large fields.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.' },
  // What routing and the operations listener answer.
  no_route: { status: 404, title: 'No route matches this path.' },
  not_found: { status: 404, title: 'There is nothing here.' },
  unauthorized: { status: 401, title: 'A valid operator token is needed.' },
  acts_disabled: { status: 403, title: 'Acts are disabled: no operator token is configured.' },
  unsupported_media: { status: 415, title: 'The body must be application/json.' },
  body_too_large: { status: 413, title: 'The request body is too large.' },
  unprocessable: { status: 422, title: 'The request is understood but its values are not valid.' },
  too_many_requests: { status: 429, title: 'Too many requests.' },
  // What happens between the gateway and an upstream.
  connect: { status: 502, title: 'The upstream could not be reached.' },
  reset: { status: 502, title: 'The upstream closed the connection before it answered.' },
  truncated: { status: 502, title: 'The upstream broke off its answer.' },
  protocol: { status: 502, title: 'The upstream answered something that is not valid HTTP.' },
  headers: { status: 502, title: 'The upstream sent fields that cannot be passed on.' },
  status: { status: 502, title: 'The upstream sent a status that does not exist.' },
  owner: { status: 502, title: 'The upstream did not say that its answer is for this caller.' },
  informational: { status: 502, title: 'The upstream sent too many interim answers.' },
  connect_timeout: { status: 504, title: 'The upstream did not accept the connection in time.' },
  only_if_cached: { status: 504, title: 'Nothing usable is stored, and nothing else was wanted.' },
  head_timeout: { status: 504, title: 'The upstream did not begin to answer in time.' },
  body_timeout: { status: 504, title: 'The upstream stopped sending its answer.' },
  // What the gateway says of itself.
  busy: { status: 503, title: 'Too much work is waiting; try again shortly.' },
  elsewhere: { status: 503, title: 'Another node of this gateway has this; try again shortly.' },
  too_many_waiters: {
    status: 503,
    title: 'Too many callers wait for this answer; try again shortly.',
  },
  upstream_sick: { status: 503, title: 'The upstream is known to be sick; try again shortly.' },
  draining: { status: 503, title: 'This gateway is shutting down.' },
  abandoned: { status: 499, title: 'The caller left before the answer was ready.' },
  internal: { status: 500, title: 'Something went wrong inside the gateway.' },
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof failures;

/**
 * An expected failure on its way to whoever asked. `cause` is for the debugger, never for a log.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly retryAfterS: number | undefined;
  /** A sentence of our own words that says more than the title; it must not quote the caller. */
  readonly detail: string | undefined;

  constructor(
    code: FailureCode,
    more: { retryAfterS?: number; detail?: string; cause?: unknown } = {},
  ) {
    super(failures[code].title, { cause: more.cause });
    this.code = code;
    this.retryAfterS = more.retryAfterS;
    this.detail = more.detail;
  }

  get status(): number {
    return failures[this.code].status;
  }
}

/** Anything that was thrown, as a failure; what we did not expect becomes `internal`. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('internal', { cause: thrown });
}

/** A mistake of whoever runs the gateway: one plain sentence, no stack (bad setting, busy port). */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly exitCode: number;

  constructor(sentence: string, exitCode = 78) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

/** The body of an error answer (RFC 9457). */
export function problemJson(failure: Failure, requestId?: string): string {
  const row = failures[failure.code];
  return JSON.stringify({
    type: `urn:leyden:problem:${failure.code}`,
    title: row.title,
    status: row.status,
    ...(failure.detail === undefined ? {} : { detail: failure.detail }),
    ...(requestId === undefined ? {} : { instance: `urn:leyden:request:${requestId}` }),
  });
}

/**
 * What may be logged of something thrown: its class, its code and, for a programming error, where
 * it happened. Messages of libraries stay out, for they quote commands, values and passwords.
 */
export function describeThrown(thrown: unknown): Readonly<Record<string, string>> {
  if (!(thrown instanceof Error)) return { error: typeof thrown };
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  const place = /\(?((?:file:|node:)[^()\s]+:\d+:\d+)\)?/.exec(thrown.stack ?? '')?.[1];
  return {
    error: thrown.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(place === undefined || thrown instanceof Failure
      ? {}
      : { at: place.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '') }),
  };
}
