/** `/admin/cache/warm` and `/admin/cache/top`: warm answers, and see which have saved the most. */
import { createHash } from 'node:crypto';
import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { describeEntry } from '../cache/describe.js';
import type { Rooms } from '../cache/rooms.js';
import { savedMs, topSaved } from '../cache/top.js';
import type { Warming } from '../cache/warm.js';
import type { Admit } from '../cache/warm-run.js';
import { Failure } from '../errors.js';
import type { Log } from '../log.js';

export interface WarmPagesOptions {
  readonly rooms: Pick<Rooms, 'store' | 'purges' | 'clock'>;
  readonly warming: Warming;
  readonly log: Log;
  /** The gate that judges the addresses of one order. */
  readonly admit: () => Admit;
}

export const ADDRESSES_MAX = 1_000;
const ADDRESS_LENGTH_MAX = 16_384;
const TOP_USUAL = 20;
const RETRY_AFTER_S = 30;

const orderBody = z.union([
  z.strictObject({
    urls: z.array(z.string().min(1).max(ADDRESS_LENGTH_MAX)).min(1).max(ADDRESSES_MAX),
  }),
  z.strictObject({ top: z.int().min(1).max(ADDRESSES_MAX) }),
]);

const topQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .refine((limit) => limit <= ADDRESSES_MAX)
    .default(TOP_USUAL),
});

const WAIT_MAX_S = 20;

const progressQuery = z.strictObject({
  wait: z
    .string()
    .regex(/^[0-9]{1,2}$/)
    .transform(Number)
    .refine((wait) => wait <= WAIT_MAX_S)
    .default(0),
});

const TOKEN_ID_LENGTH = 8;

/** Tells operators apart in the log without being of any use to a reader of it. */
function tokenId(authorization = ''): string {
  const token = authorization.replace(/^Bearer /, '');
  return createHash('sha256').update(token, 'latin1').digest('hex').slice(0, TOKEN_ID_LENGTH);
}

function warmHandler({ warming, log, admit }: WarmPagesOptions): RequestHandler {
  return async (req, res) => {
    const read = orderBody.safeParse(req.body);
    if (!read.success) {
      const detail =
        `The body must be { urls: [..] } with 1 to ${ADDRESSES_MAX} paths or URLs, or ` +
        `{ top: N } with N from 1 to ${ADDRESSES_MAX}.`;
      throw new Failure('unprocessable', { detail });
    }
    const order = read.data;
    const begun =
      'urls' in order ? warming.begin(order.urls, admit()) : await warming.beginTop(order.top);
    if (begun === undefined) {
      const detail = 'Too many addresses wait to be warmed (warm.waiting).';
      throw new Failure('too_many_requests', { detail, retryAfterS: RETRY_AFTER_S });
    }
    const { progress, refused } = begun;
    const { id, accepted } = progress;
    const who = tokenId(req.headers.authorization);
    log.warn('warm_began', { who, id, accepted, refused: refused.length });
    res.status(202).location(`/admin/cache/warm/${id}`).json({ id, accepted, refused });
  };
}

function topHandler({ rooms }: WarmPagesOptions): RequestHandler {
  return async (req, res) => {
    const query = topQuery.safeParse(req.query);
    if (!query.success) {
      const detail = `Known is limit, a whole number from 1 to ${ADDRESSES_MAX}.`;
      throw new Failure('unprocessable', { detail });
    }
    const entries = await topSaved(rooms, query.data.limit);
    res.json({
      entries: entries.map((entry) => ({
        ...describeEntry(rooms, entry),
        seconds_saved: Math.round(savedMs(entry)) / 1000,
      })),
    });
  };
}

export function warmPages(options: WarmPagesOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post('/warm', warmHandler(options));
  router.get('/warm/:id', async (req, res) => {
    const query = progressQuery.safeParse(req.query);
    if (!query.success) {
      const detail = `Known is wait, a whole number of seconds from 0 to ${WAIT_MAX_S}.`;
      throw new Failure('unprocessable', { detail });
    }
    const progress = await options.warming.find(req.params.id, query.data.wait * 1000);
    if (progress === undefined) throw new Failure('not_found');
    res.json(progress);
  });
  router.get('/top', topHandler(options));
  return router;
}
