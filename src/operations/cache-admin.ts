/** `/admin/cache`: invalidate, list, look at, explain, and see what is being computed. */
import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { describeEntry, shownPartition } from '../cache/describe.js';
import { pathOf } from '../cache/entry.js';
import type { Explanation } from '../cache/explain.js';
import { secondOf } from '../cache/explain-second.js';
import { listEntries } from '../cache/listing.js';
import type { Rooms } from '../cache/rooms.js';
import { isoTime } from '../clock.js';
import { Failure } from '../errors.js';
import { orderHandler, shownReach, type OrdersOptions } from './cache-orders.js';
import { warmPages, type WarmPagesOptions } from './cache-warm.js';

/** What somebody wants explained: a URL or a path, and fields as `Name: value`. */
export interface WhatIf {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
}

export interface CacheAdminOptions extends OrdersOptions, Omit<WarmPagesOptions, 'rooms'> {
  readonly rooms: Rooms;
  readonly explain: (what: WhatIf) => Promise<Explanation>;
}

const LIMIT_MAX = 1_000;
const LIMIT_USUAL = 100;
const FLIGHTS_MAX = 1_000;
const TEXT = z.string().min(1).max(2_048);

const listQuery = z.strictObject({
  tag: TEXT.optional(),
  route: TEXT.optional(),
  prefix: TEXT.optional(),
  cursor: TEXT.optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .refine((limit) => limit <= LIMIT_MAX)
    .default(LIMIT_USUAL),
});

const explainQuery = z.strictObject({
  url: z.string().min(1).max(16_384),
  method: z
    .string()
    .regex(/^[A-Za-z-]{1,32}$/)
    .default('GET'),
  header: z.union([z.string(), z.array(z.string()).max(100)]).default([]),
});

/** Its name and what it must be: the value itself is never repeated. */
function refusal(issue: z.core.$ZodIssue | undefined, known: readonly string[]): Failure {
  const [field] = issue?.path ?? [];
  const isKnown = typeof field === 'string' && known.includes(field);
  const detail = isKnown
    ? `${field} is missing, repeated or not valid.`
    : `There is a query field that is not known; known are ${known.join(', ')}.`;
  return new Failure('unprocessable', { detail });
}

function listHandler({ rooms }: CacheAdminOptions): RequestHandler {
  return async (req, res) => {
    const query = listQuery.safeParse(req.query);
    if (!query.success) throw refusal(query.error.issues[0], Object.keys(listQuery.shape));
    const { limit, cursor: after, ...wanted } = query.data;
    const page = await listEntries(rooms, wanted, { limit, after });
    const entries = page.entries.map((entry) => describeEntry(rooms, entry));
    res.json({ entries, cursor: page.cursor ?? null });
  };
}

function flightsHandler({ rooms }: CacheAdminOptions): RequestHandler {
  return (_req, res) => {
    const nowMs = rooms.clock.nowMs();
    const computing = [...rooms.purges.underway.all()].filter(({ kind }) => kind === 'flight');
    const flights = computing.slice(0, FLIGHTS_MAX).map((one) => {
      const path = pathOf(one.address);
      return {
        route: one.route,
        host: one.address.slice(0, -path.length),
        path,
        query: one.query ?? null,
        partition: shownPartition(one.partition),
        running_ms: Math.round(nowMs - one.startedMs),
        usual_ms: one.usualMs === undefined ? null : Math.round(one.usualMs),
        waiters: one.waiters(),
      };
    });
    res.json({ count: computing.length, flights });
  };
}

function explainHandler({ explain }: CacheAdminOptions): RequestHandler {
  return async (req, res) => {
    const query = explainQuery.safeParse(req.query);
    if (!query.success) throw refusal(query.error.issues[0], Object.keys(explainQuery.shape));
    const { url, method, header } = query.data;
    const headers = typeof header === 'string' ? [header] : header;
    res.json(await explain({ url, method: method.toUpperCase(), headers }));
  };
}

export function cacheAdmin(options: CacheAdminOptions): Router {
  const { rooms, invalidations } = options;
  const router = Router({ caseSensitive: true, strict: true });
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  router.post('/invalidate', orderHandler(options));
  router.get('/invalidations/:id', (req, res) => {
    const past = invalidations.find(req.params.id);
    if (past === undefined) throw new Failure('not_found');
    const { wallMs, spreading, ...rest } = past;
    res.json({ ...rest, ...shownReach(spreading?.reach()), at: isoTime(wallMs) });
  });
  router.get('/entries', listHandler(options));
  router.get('/entries/:key', async (req, res) => {
    const entry = rooms.store.peek(req.params.key);
    if (entry === undefined || rooms.purges.judge(entry) === 'deleted') {
      throw new Failure('not_found');
    }
    const second_tier = await secondOf(rooms, entry);
    res.json({ ...describeEntry(rooms, entry), second_tier });
  });
  router.get('/explain', explainHandler(options));
  router.get('/flights', flightsHandler(options));
  router.use(warmPages(options));
  return router;
}
