/** The operator token: who may act, and who may only look. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';

export interface TokenOptions {
  /** Undefined: acts are disabled. */
  readonly token: string | undefined;
  /** On loopback some things may be looked at without the token. */
  readonly loopback: boolean;
  readonly failuresMaxPerMinute: number;
  /** Addresses whose failures are remembered. */
  readonly addressesMax: number;
}

export interface TokenGuard {
  readonly check: (req: Request, res: Response, next: NextFunction) => void;
  stats(): { readonly rejected: number; readonly throttled: number; readonly addresses: number };
}

const OPEN_PATHS = ['/metrics', '/metrics/prometheus', '/dashboard', '/openapi.json', '/health'];
const OPEN_PREFIXES = ['/health/', '/api/performance/', '/dashboard/'];

function isOpen(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return OPEN_PATHS.includes(path) || OPEN_PREFIXES.some((prefix) => path.startsWith(prefix));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}

const WINDOW_MS = 60_000;

/** Failures per address within the last minute, bounded: the oldest address is forgotten first. */
function failureBook(options: TokenOptions, clock: Clock) {
  const book = new Map<string, { count: number; sinceMs: number }>();
  return {
    isThrottled(address: string): boolean {
      const page = book.get(address);
      if (page === undefined) return false;
      if (clock.nowMs() - page.sinceMs < WINDOW_MS)
        return page.count >= options.failuresMaxPerMinute;
      book.delete(address);
      return false;
    },
    note(address: string): void {
      const page = book.get(address) ?? { count: 0, sinceMs: clock.nowMs() };
      page.count += 1;
      book.delete(address);
      book.set(address, page);
      const [oldest] = book.keys();
      if (book.size > options.addressesMax && oldest !== undefined) book.delete(oldest);
    },
    size: () => book.size,
  };
}

export function openTokenGuard(options: TokenOptions, clock: Clock): TokenGuard {
  const wanted = options.token === undefined ? undefined : digest(`Bearer ${options.token}`);
  const book = failureBook(options, clock);
  let rejected = 0;
  let throttled = 0;

  const refusalOf = (req: Request): Failure | undefined => {
    const open = options.loopback && isOpen(req.method, req.path);
    const given = req.headers.authorization;
    if (open && given === undefined) return undefined;
    if (wanted === undefined) return open ? undefined : new Failure('acts_disabled');
    // Digests have one length and comparing them takes one time, whatever was sent. Who has the
    // token is never locked out by those who guess: it is too long to be guessed at any speed.
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return undefined;
    const address = req.socket.remoteAddress ?? '';
    if (book.isThrottled(address)) {
      throttled += 1;
      return new Failure('too_many_requests', { retryAfterS: WINDOW_MS / 1000 });
    }
    if (given !== undefined) {
      rejected += 1;
      book.note(address);
    }
    return new Failure('unauthorized');
  };

  return {
    check(req, _res, next) {
      const refusal = refusalOf(req);
      if (refusal !== undefined) {
        next(refusal);
        return;
      }
      const acts = req.method !== 'GET' && req.method !== 'HEAD' && req.method !== 'PURGE';
      // A page of somebody else's cannot send this type without asking the browser first.
      const json = /^application\/json\s*(?:;|$)/i.test(req.headers['content-type'] ?? '');
      next(acts && !json ? new Failure('unsupported_media') : undefined);
    },
    stats: () => ({ rejected, throttled, addresses: book.size() }),
  };
}
