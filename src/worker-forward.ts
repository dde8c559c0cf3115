/** Pages about what lies in the workers: all are asked the same, and the answers put together. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { describeThrown, Failure } from './errors.js';
import type { Log } from './log.js';
import type { Member } from './server/workers/crew-words.js';
import type { InsideAnswer, InsideCaller } from './server/workers/inside.js';

export interface ForwardOptions {
  readonly caller: InsideCaller;
  readonly ready: () => readonly Member[];
  readonly log: Log;
  /** Longest that a worker is waited for; then the answer names it as missing. */
  readonly waitMs: number;
}

type Json = Readonly<Record<string, unknown>>;

/** What one worker answered; undefined: nothing in time. */
interface Heard {
  readonly member: Member;
  readonly answer: InsideAnswer | undefined;
}

const BODY_BYTES_MAX = 2 * 1024 * 1024;
const SENT_MAX = 1_000;

function jsonOf({ answer }: Heard): Json {
  const value: unknown = answer === undefined ? {} : JSON.parse(answer.body.toString());
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

const listOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** As the worker said it. */
function passOn(res: Response, { status, headers, body }: InsideAnswer): void {
  const { 'content-type': type, location, 'retry-after': retry } = headers;
  if (location !== undefined) res.set('Location', location);
  if (retry !== undefined) res.set('Retry-After', retry);
  res.status(status).set('Cache-Control', 'no-store');
  if (type !== undefined) res.set('Content-Type', type);
  res.end(body);
}

async function bodyOf(req: Request): Promise<Buffer | undefined> {
  if (req.method === 'GET' || req.method === 'HEAD') return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Failure('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

class Forward {
  /** Which worker took an order, so that it can be asked how far it is. */
  private readonly sent = new Map<string, Member>();

  constructor(private readonly options: ForwardOptions) {}

  private async askOne(member: Member, req: Request, body?: Buffer): Promise<Heard> {
    const { caller, log, waitMs } = this.options;
    const door = member.place?.door;
    if (door === undefined) return { member, answer: undefined };
    const { authorization } = req.headers;
    const headers = {
      // Only where the log says who: a token goes no further than it must.
      ...(authorization === undefined || body === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    try {
      const ask = { door, method: req.method, path: req.originalUrl, headers, body };
      return { member, answer: await caller.ask(ask, waitMs) };
    } catch (thrown) {
      log.warn('worker_not_asked', { worker: member.worker, ...describeThrown(thrown) });
      return { member, answer: undefined };
    }
  }

  private askAll(req: Request): Promise<readonly Heard[]> {
    return Promise.all(this.options.ready().map((member) => this.askOne(member, req)));
  }

  /** Those that answered well; what they refuse, all of them refuse alike. */
  private good(res: Response, all: readonly Heard[]): readonly Heard[] | undefined {
    const good = all.filter(({ answer }) => answer?.status === 200);
    if (good.length > 0) return good;
    const [refused] = all.flatMap(({ answer }) => answer ?? []);
    if (refused === undefined) throw new Failure('busy', { retryAfterS: 1 });
    passOn(res, refused);
    return undefined;
  }

  private readonly together =
    (join: (good: readonly Heard[], req: Request) => object): RequestHandler =>
    async (req, res) => {
      const all = await this.askAll(req);
      const good = this.good(res, all);
      if (good === undefined) return;
      const missing = all
        .filter(({ answer }) => answer === undefined)
        .map(({ member }) => `worker ${member.worker}`);
      res.set('Cache-Control', 'no-store');
      res.json({ ...join(good, req), ...(missing.length === 0 ? {} : { missing }) });
    };

  private readonly warm: RequestHandler = async (req, res) => {
    const body = await bodyOf(req);
    const [first] = this.options.ready();
    const heard = first && (await this.askOne(first, req, body));
    if (heard?.answer === undefined) throw new Failure('busy', { retryAfterS: 1 });
    const { id } = jsonOf(heard);
    if (typeof id === 'string') {
      this.sent.set(id, heard.member);
      const [oldest] = this.sent.keys();
      if (this.sent.size > SENT_MAX && oldest !== undefined) this.sent.delete(oldest);
    }
    passOn(res, heard.answer);
  };

  private readonly warmed: RequestHandler<{ id: string }> = async (req, res) => {
    const member = this.sent.get(req.params.id);
    // What it was to warm ended with its worker.
    if (member?.state !== 'ready') throw new Failure('not_found');
    const { answer } = await this.askOne(member, req);
    if (answer === undefined) throw new Failure('busy', { retryAfterS: 1 });
    passOn(res, answer);
  };

  router(): Router {
    const router = Router({ caseSensitive: true, strict: true });
    router.get('/admin/cache/entries', this.together(entriesOf));
    router.get('/admin/cache/entries/:key', this.together(entryOf));
    router.get('/admin/cache/explain', this.together(explanationOf));
    router.get('/admin/cache/flights', this.together(flightsOf));
    router.get('/admin/cache/top', this.together(topOf));
    router.post('/admin/cache/warm', this.warm);
    router.get('/admin/cache/warm/:id', this.warmed);
    return router;
  }
}

/** Each key once, with those who hold it; of the descriptions the youngest. */
function byKey(good: readonly Heard[]): Map<string, Json> {
  const entries = new Map<string, Json>();
  for (const heard of good) {
    for (const entry of listOf(jsonOf(heard)['entries'])) {
      const key = textOf(entry['key']);
      const before = entries.get(key);
      const workers = [...((before?.['workers'] ?? []) as number[]), heard.member.worker];
      const isYounger = numberOf(entry['age_seconds']) < numberOf(before?.['age_seconds']);
      const shown = before === undefined || isYounger ? entry : before;
      entries.set(key, { ...shown, workers });
    }
  }
  return entries;
}

/** Keys come in their order: beyond the last key of a page that goes on nothing is known yet. */
function entriesOf(good: readonly Heard[], req: Request): object {
  const ends = good.flatMap((heard) => textOf(jsonOf(heard)['cursor']) || []);
  const end = ends.sort()[0];
  const limit = Number(req.query['limit'] ?? 100);
  const known = [...byKey(good)].filter(([key]) => end === undefined || key <= end);
  known.sort(([one], [other]) => (one < other ? -1 : 1));
  const page = known.slice(0, limit);
  const isMore = end !== undefined || known.length > limit;
  return {
    entries: page.map(([, entry]) => entry),
    cursor: isMore ? (page.at(-1)?.[0] ?? end ?? null) : null,
  };
}

function entryOf(good: readonly Heard[]): object {
  const workers = good.map(({ member }) => member.worker);
  const entries = good.map(jsonOf);
  const [first = {}] = entries.sort(
    (a, b) => numberOf(a['age_seconds']) - numberOf(b['age_seconds']),
  );
  return { ...first, workers };
}

/** By the worker that holds it, where one does. */
function explanationOf(good: readonly Heard[]): object {
  const holding = good.find((heard) => jsonOf(heard)['stored'] !== null) ?? good[0];
  const computing = good.reduce((sum, heard) => sum + numberOf(jsonOf(heard)['computing']), 0);
  return holding === undefined
    ? {}
    : { ...jsonOf(holding), computing, worker: holding.member.worker };
}

function flightsOf(good: readonly Heard[]): object {
  const flights = good.flatMap((heard) =>
    listOf(jsonOf(heard)['flights']).map((one) => ({ ...one, worker: heard.member.worker })),
  );
  const count = good.reduce((sum, heard) => sum + numberOf(jsonOf(heard)['count']), 0);
  return { count, flights };
}

function topOf(good: readonly Heard[], req: Request): object {
  const entries: Json[] = good.flatMap((heard) =>
    listOf(jsonOf(heard)['entries']).map((one) => ({ ...one, worker: heard.member.worker })),
  );
  const saved = (one: Json): number => numberOf(one['seconds_saved']);
  entries.sort((one, other) => saved(other) - saved(one));
  return { entries: entries.slice(0, Number(req.query['limit'] ?? 20)) };
}

export function forwardPages(options: ForwardOptions): Router {
  return new Forward(options).router();
}
