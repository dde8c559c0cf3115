/** A request of ours for a handler of somebody's app: what the key covers, and nothing else. */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RawHeaders } from '../src/message.js';

export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** What the handler sees. */
export interface Seen {
  readonly method: string;
  /** As a handler at this mount sees it. */
  readonly url: string;
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly params: Parameters;
  readonly headers: RawHeaders;
}

/** Of repeated lines Node takes the first of these, and joins all others. */
const FIRST_ONLY = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since ' +
    'if-unmodified-since last-modified location max-forwards proxy-authorization referer ' +
    'retry-after server user-agent'
  ).split(' '),
);

function joinedFields(headers: RawHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    const before = Object.hasOwn(joined, name) ? joined[name] : undefined;
    if (before === undefined) joined[name] = value;
    else if (!FIRST_ONLY.has(name)) {
      joined[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
  }
  return joined;
}

/** The last prototype before a real message begins: it must not hand its fields down to us. */
export function prototypeOf(message: object): object {
  let prototype = Object.getPrototypeOf(message) as object;
  while (Object.hasOwn(prototype, 'rawHeaders') || Object.hasOwn(prototype, 'socket')) {
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  return prototype;
}

/** Express 4 parses the query once, in the app; Express 5 does it when somebody looks. */
function queryOf(app: unknown, url: string): unknown {
  const parse = (app as { get(name: string): unknown }).get('query parser fn');
  const mark = url.indexOf('?');
  const text = mark < 0 ? '' : url.slice(mark + 1);
  return typeof parse === 'function' ? (parse as (query: string) => unknown)(text) : {};
}

export function detachedRequest(seen: Seen, socket: Socket, prototype: object): IncomingMessage {
  const { method, url, originalUrl, baseUrl, params } = seen;
  const req = new IncomingMessage(socket);
  Object.setPrototypeOf(req, prototype);
  req.method = method;
  req.url = url;
  req.httpVersion = '1.1';
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.rawHeaders = [...seen.headers];
  req.headers = joinedFields(seen.headers);
  req.complete = true;
  req.push(null);
  // Each run has its own, for routers and handlers write on them.
  Object.assign(req, { originalUrl, baseUrl, params: { ...params } });
  if ('app' in req && !('query' in req)) Object.assign(req, { query: queryOf(req.app, url) });
  return req;
}
