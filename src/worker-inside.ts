/** What a worker answers to its neighbours and the primary, and what it asks them in turn. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { replyWithError } from '../middleware/error-reply.js';
import type { Answers } from './cache/answers.js';
import { describeThrown, Failure } from './errors.js';
import type { Log } from './log.js';
import { admin, type AdminOptions } from './operations/admin.js';
import { failures, notFound } from './operations/failures.js';
import type { MetricsPages } from './operations/metrics.js';
import { plainExpress } from './operations/pages.js';
import { withoutFields } from './policy/headers.js';
import type { Handler } from './server/door.js';
import { requestIds } from './server/request-id.js';
import type { InsideAsk, InsideCaller } from './server/workers/inside.js';
import { lendingIn, type LentAnswer, type Lending } from './server/workers/lending.js';
import type { Neighbour } from './server/workers/words.js';

const LEND = '/neighbour/lend';
const HOLDS = '/neighbour/holds';
const PLACES = '/.leyden/answers/';
const PLACE_HOST = 'leyden-inside-host';
const MARK_SEQ = 'leyden-mark-seq';
const MARK_JOURNAL = 'leyden-mark-journal';
const ASKED_BYTES_MAX = 64 * 1024;
const WITHIN: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > ASKED_BYTES_MAX) throw new Failure('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

export interface InsideParts {
  readonly lend: (what: Lending) => LentAnswer;
  /** Whether it was this worker that promised an answer by this name. */
  readonly promised: (name: string) => boolean;
  /** The pipeline of the public listener. */
  readonly pipeline: () => Handler | undefined;
  readonly admin: AdminOptions;
  readonly log: Log;
}

async function answerNeighbour(parts: InsideParts, req: IncomingMessage, res: ServerResponse) {
  if (req.url === HOLDS) {
    const name = (await bodyOf(req)).toString();
    res.writeHead(parts.promised(name) ? 204 : 404).end();
    return;
  }
  const what = lendingIn(await bodyOf(req));
  const { mark, frame } = what === undefined ? {} : parts.lend(what);
  if (mark === undefined || frame === undefined) res.writeHead(404).end();
  else {
    const told = { [MARK_SEQ]: String(mark.seq), [MARK_JOURNAL]: mark.journal };
    res.writeHead(200, { ...told, 'content-length': frame.byteLength }).end(frame);
  }
}

/** The operator's pages about this worker alone; the primary puts them together. */
function adminPages({ admin: options, log }: InsideParts): Express {
  const ids = requestIds();
  const app = plainExpress();
  app.use('/admin', admin(options));
  app.use(notFound);
  app.use(
    failures(log, (res, failure) => {
      replyWithError(res, failure, { id: ids.next() });
    }),
  );
  return app;
}

export function insideHandler(parts: InsideParts) {
  const pages = adminPages(parts);
  return (req: IncomingMessage, res: ServerResponse): void => {
    const { url = '/', method = 'GET' } = req;
    if (url === LEND || url === HOLDS) {
      answerNeighbour(parts, req, res).catch((thrown: unknown) => {
        parts.log.warn('inside_failed', describeThrown(thrown));
        res.destroy();
      });
      return;
    }
    const host = req.headers[PLACE_HOST];
    const pipeline = parts.pipeline();
    if (url.startsWith(PLACES) && typeof host === 'string' && pipeline !== undefined) {
      const { authorization } = req.headers;
      const admitted = { kind: 'admitted', method, host, path: url, query: undefined } as const;
      const no = { hasBody: false, expectsContinue: false, asksUpgrade: false };
      pipeline(req, res, { ...admitted, ...no, authorization, hasInternalFields: false });
      return;
    }
    pages(req, res);
  };
}

/** Resolves with what another worker has of it. */
export async function borrow(
  caller: InsideCaller,
  from: Neighbour,
  what: Lending,
  waitMs: number,
): Promise<LentAnswer> {
  const body = Buffer.from(JSON.stringify(what));
  const ask: InsideAsk = { door: from.door, method: 'POST', path: LEND, body };
  const answer = await caller.ask(ask, waitMs);
  if (answer.status !== 200) return { mark: undefined, frame: undefined };
  const { [MARK_SEQ]: seq, [MARK_JOURNAL]: journal } = answer.headers;
  const mark = { seq: Number(seq), journal: String(journal) };
  return { mark, frame: answer.body };
}

/** Passes on what another process answers, as it comes. */
async function passOn(caller: InsideCaller, ask: InsideAsk, res: ServerResponse): Promise<number> {
  const gone = new AbortController();
  res.once('close', () => {
    gone.abort();
  });
  const answer = await caller.open(ask, gone.signal, HEAD_MS);
  const { statusCode = 502, rawHeaders } = answer;
  res.writeHead(statusCode, [...withoutFields(rawHeaders, WITHIN)]);
  answer.once('error', () => {
    res.destroy();
  });
  answer.pipe(res);
  return statusCode;
}

function unreachable(res: ServerResponse, log: Log, thrown: unknown): void {
  log.warn('inside_failed', describeThrown(thrown));
  if (res.headersSent) res.destroy();
  else replyWithError(res, new Failure('busy', { retryAfterS: 1 }), { id: '-' });
}

/** /metrics on the public listener: what the primary knows of all workers. */
export function metricsFrom(caller: InsideCaller, primaryDoor: string, log: Log): MetricsPages {
  const page: MetricsPages['negotiated'] = async (req, res) => {
    const { accept } = req.headers;
    const headers = accept === undefined ? {} : { accept };
    try {
      await passOn(caller, { door: primaryDoor, method: 'GET', path: '/metrics', headers }, res);
    } catch (thrown) {
      unreachable(res, log, thrown);
    }
  };
  return { negotiated: page, prometheus: page };
}

export interface PlacesTools {
  readonly caller: InsideCaller;
  readonly neighbours: () => Promise<readonly Neighbour[]>;
  readonly answers: Pick<Answers, 'find'>;
  readonly log: Log;
}

/** Whose it is and whether it is still there is another question. */
export function promisedHere(answers: Pick<Answers, 'find'>, name: string): boolean {
  return answers.find(name, { partition: '', host: '' }).kind !== 'elsewhere';
}

/** An answer that was promised for later lies in the worker that promised it. */
export function findingPlaces(tools: PlacesTools, handler: Handler): Handler {
  const { answers, caller, log } = tools;
  const nameIn = (path: string): string => path.slice(PLACES.length).replace(/\/answer$/, '');
  const find = async (...[req, res, admitted]: Parameters<Handler>): Promise<void> => {
    const { path, host, authorization, method } = admitted;
    const who = authorization === undefined ? {} : { authorization };
    const headers = { ...who, [PLACE_HOST]: host };
    for (const { door } of await tools.neighbours()) {
      const body = Buffer.from(nameIn(path));
      const held = await caller.ask({ door, method: 'POST', path: HOLDS, body }, PROBE_MS);
      if (held.status !== 204) continue;
      await passOn(caller, { door, method, path, headers }, res);
      return;
    }
    handler(req, res, admitted);
  };
  return (req, res, admitted) => {
    const { path } = admitted;
    const isPlace = path.startsWith(PLACES) && !promisedHere(answers, nameIn(path));
    if (!isPlace) handler(req, res, admitted);
    else {
      find(req, res, admitted).catch((thrown: unknown) => {
        unreachable(res, log, thrown);
      });
    }
  };
}

const PROBE_MS = 2000;
/** Whoever has something to pass on has it at once; one that is stopped is not waited for. */
const HEAD_MS = 10_000;
