/** Orders to invalidate, as they come in: read strictly, carried out, written down once each. */
import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { MODES, type Invalidations, type Invalidated, type Order } from '../cache/invalidate.js';
import { selectorFault, SELECTORS_MAX, SELECTOR_TYPES } from '../cache/selectors.js';
import type { Reach } from '../cache/spread.js';
import { Failure } from '../errors.js';
import type { Log } from '../log.js';

export interface OrdersOptions {
  readonly invalidations: Invalidations;
  readonly log: Log;
  /** The host that a Host field names, if it is one of the public listener's. */
  readonly publicHost: (field: string) => string | undefined;
}

const orderBody = z
  .strictObject({
    type: z.enum(SELECTOR_TYPES),
    selectors: z.array(z.string()).max(SELECTORS_MAX).default([]),
    mode: z.enum(MODES).default('stale'),
    wait: z.enum(['local', 'cluster']).default('local'),
  })
  .check(({ value: { type, selectors }, issues }) => {
    const complain = (path: (string | number)[], message: string): void => {
      issues.push({ code: 'custom', path, message, input: undefined });
    };
    if (selectors.length === 0 && type !== 'all') {
      complain(['selectors'], `must name at least one ${type}`);
    }
    for (const [at, selector] of selectors.entries()) {
      const fault = selectorFault(type, selector);
      if (fault !== undefined) complain(['selectors', at], fault);
    }
  });

/** Of our own words only: what was sent is never repeated. */
const MESSAGES: Readonly<Record<string, string>> = {
  type: `must be one of ${SELECTOR_TYPES.join(', ')}`,
  selectors: `must be a list of ${SELECTORS_MAX} strings at most`,
  mode: `must be one of ${MODES.join(', ')}`,
  wait: 'must be local or cluster',
};

/** What stands at a place of the body, for telling a wrong type from a wrong value. */
function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function refusalOf(body: unknown, issue: z.core.$ZodIssue | undefined): Failure {
  const [field] = issue?.path ?? [];
  if (issue === undefined || typeof field !== 'string') {
    const detail =
      issue?.code === 'unrecognized_keys'
        ? 'There is a field that is not known; known are type, selectors, mode and wait.'
        : 'The body must be a JSON object.';
    return new Failure('bad_request', { detail });
  }
  const what = issue.code === 'custom' ? issue.message : MESSAGES[field];
  const detail = `${issue.path.join('.')} ${what ?? 'is not valid'}.`;
  const isWrongType =
    issue.code === 'invalid_type' ||
    (issue.code === 'invalid_value' && typeof valueAt(body, issue.path) !== 'string');
  return new Failure(isWrongType ? 'bad_request' : 'unprocessable', { detail });
}

const TOKEN_ID_LENGTH = 8;

/** Tells operators apart in the log without being of any use to a reader of it. */
function tokenId({ headers }: Request): string {
  const token = (headers.authorization ?? '').replace(/^Bearer /, '');
  return createHash('sha256').update(token, 'latin1').digest('hex').slice(0, TOKEN_ID_LENGTH);
}

const SCOPE_LENGTH_MAX = 500;

/** Queries may hold what a log must not. */
function scopeOf({ type, selectors }: Order): string {
  if (type === 'all') return 'all';
  const named = selectors.map((text) => (type === 'path' ? text.replace(/\?.*/, '?…') : text));
  const scope = `${type}: ${named.join(', ')}`;
  if (scope.length <= SCOPE_LENGTH_MAX) return scope;
  return `${scope.slice(0, SCOPE_LENGTH_MAX)}… (${selectors.length})`;
}

function carryOut(options: OrdersOptions, req: Request, order: Order): Invalidated {
  const done = options.invalidations.invalidate(order);
  options.log.warn('invalidated', {
    who: tokenId(req),
    scope: scopeOf(order),
    mode: order.mode,
    count: done.matched ?? 'not counted',
    epoch: done.epoch,
    id: done.id,
  });
  return done;
}

/** How many nodes have it, and which have not; where there is one, it has it. */
export function shownReach(reach: Reach | undefined) {
  const { acked = 1, pending = 0, waitingFor = [] } = reach ?? {};
  return { acked, pending, ...(waitingFor.length === 0 ? {} : { waiting_for: waitingFor }) };
}

function answer({ id, matched }: Invalidated, reach: Reach | undefined) {
  return { id, matched, ...shownReach(reach) };
}

export function orderHandler(options: OrdersOptions): RequestHandler {
  return async (req, res) => {
    const read = orderBody.safeParse(req.body);
    if (!read.success) throw refusalOf(req.body, read.error.issues[0]);
    const done = carryOut(options, req, read.data);
    if (read.data.wait === 'local') {
      res.json(answer(done, done.spreading?.reach()));
      return;
    }
    const reach = await done.spreading?.reached();
    // Done here, and on its way: whoever wants to know more asks for it by its id.
    const status = (reach?.pending ?? 0) > 0 ? 202 : 200;
    if (status === 202) res.set('Location', `/admin/cache/invalidations/${done.id}`);
    res.status(status).json(answer(done, reach));
  };
}

/** `PURGE /path`: deletes that path, on the host that is named if it is a public one. */
export function purgeMethod(options: OrdersOptions): RequestHandler {
  return (req, res, next) => {
    if (req.method !== 'PURGE') {
      next();
      return;
    }
    const host = options.publicHost(req.headers.host ?? '') ?? '';
    const selector = host === '' ? req.originalUrl : `http://${host}${req.originalUrl}`;
    const fault = selectorFault('path', selector);
    if (fault !== undefined) throw new Failure('unprocessable', { detail: `The path ${fault}.` });
    const order: Order = { type: 'path', selectors: [selector], mode: 'delete' };
    const done = carryOut(options, req, order);
    res.set('Cache-Control', 'no-store').json(answer(done, done.spreading?.reach()));
  };
}
