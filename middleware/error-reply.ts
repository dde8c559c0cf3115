/** Error answers: a failure becomes a problem document, on whatever response is at hand. */
import type { ServerResponse } from 'node:http';
import { problemJson, type Failure } from '../src/errors.js';

export interface ErrorReplyOptions {
  readonly id: string;
  readonly allow?: readonly string[];
  /** What the answer says besides. */
  readonly fields?: readonly string[];
}

/** Nothing of the caller's, no stack, no name of what stands behind (RFC 9457). */
export function replyWithError(
  res: ServerResponse,
  failure: Failure,
  options: ErrorReplyOptions,
): void {
  if (res.headersSent) {
    // The head is out: only a broken connection can still tell that the answer is not whole.
    res.destroy();
    return;
  }
  const body = Buffer.from(problemJson(failure, options.id));
  const { allow = [], fields = [] } = options;
  const challenge = failure.code === 'unauthorized' ? ['WWW-Authenticate', 'Bearer'] : [];
  const retry =
    failure.retryAfterS === undefined ? [] : ['Retry-After', String(failure.retryAfterS)];
  res.writeHead(failure.status, [
    ...['Content-Type', 'application/problem+json'],
    ...['Content-Length', String(body.byteLength)],
    ...['Cache-Control', 'no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...(allow.length === 0 ? [] : ['Allow', allow.join(', ')]),
    ...challenge,
    ...retry,
    ...fields,
    ...['X-Request-Id', options.id],
  ]);
  res.end(body);
}
