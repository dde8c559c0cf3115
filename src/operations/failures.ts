/** Errors on our own pages: an expected failure keeps its code, anything else is a plain 500. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { asFailure, describeThrown, Failure } from '../errors.js';
import type { Log } from '../log.js';

/** What body-parser throws, by its documented `type`. */
const PARSER_FAILURES: Readonly<Record<string, Failure>> = {
  'entity.too.large': new Failure('body_too_large'),
  'entity.parse.failed': new Failure('bad_request', { detail: 'The body is not valid JSON.' }),
  'encoding.unsupported': new Failure('unsupported_media'),
  'charset.unsupported': new Failure('unsupported_media'),
  'request.aborted': new Failure('abandoned'),
  'request.size.invalid': new Failure('bad_framing'),
};

function failureOf(thrown: unknown): Failure {
  const type = thrown instanceof Error && 'type' in thrown ? thrown.type : undefined;
  const known = typeof type === 'string' ? PARSER_FAILURES[type] : undefined;
  return known ?? asFailure(thrown);
}

export const notFound: RequestHandler = (_req, _res, next) => {
  next(new Failure('not_found'));
};

export type Reply = (
  res: Parameters<RequestHandler>[1],
  failure: Failure,
  req: Parameters<RequestHandler>[0],
) => void;

export function failures(log: Log, reply: Reply): ErrorRequestHandler {
  return (thrown: unknown, req, res, next) => {
    const failure = failureOf(thrown);
    if (failure.code === 'internal') log.error('page_failed', describeThrown(thrown));
    if (res.headersSent) {
      next(thrown);
      return;
    }
    reply(res, failure, req);
  };
}
