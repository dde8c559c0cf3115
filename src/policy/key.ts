/** The key: what makes two requests the same, and the request that goes upstream in its name. */
import { hash } from 'node:crypto';
import { bodyKeyParts } from './body-key.js';
import type { BypassReason, GatewayRequest, RawHeaders } from '../message.js';
import type { LifetimeRule, Route } from './rules.js';

/** What is keyed is what is sent: both are made here, from the same parts, and nowhere else. */
export interface Keyed {
  readonly kind: 'keyed';
  readonly key: string;
  /** Whose slot it is; compared again on every read. */
  readonly partition: string;
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  readonly content: Buffer | undefined;
  /** What the key holds of the route and the method. */
  readonly seed: string;
  /** True when it is GET, and nothing but target, host and credential decided the key. */
  readonly plain: boolean;
}

export type Keying = Keyed | { readonly kind: 'bypass'; readonly reason: BypassReason };

/**
 * Raises the version whenever the tuple changes, so that no old key can be mistaken for a new
 * one.
 */
const SCHEMA = 'leyden-key-1';

/**
 * Each part is preceded by its length: no choice of bytes in one part can imitate another split.
 */
export function keyOf(parts: readonly string[]): string {
  let tuple = '';
  for (const part of parts) tuple += `${part.length}:${part}`;
  return hash('sha256', tuple, 'base64url');
}

/**
 * The query as the rule keys and sends it; undefined when nothing is left and nothing was asked.
 */
export function keyedQuery(
  query: string | undefined,
  mode: LifetimeRule['query'],
): string | undefined {
  if (query === undefined || mode === 'exact') return query;
  const fields = query.split('&').filter((field) => {
    if (field === '') return false;
    const equals = field.indexOf('=');
    return mode === 'sorted' || mode.has(equals < 0 ? field : field.slice(0, equals));
  });
  if (fields.length === 0) return undefined;
  // Sorted by name only, and stably: the order of repeated names can carry meaning.
  return fields
    .map((field) => ({ field, name: field.split('=', 1)[0] ?? '' }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ field }) => field)
    .join('&');
}

interface Fields {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly uncovered: boolean;
  readonly keyed: ReadonlyMap<string, string>;
}

/** One walk over the request's fields for everything that the key wants to know of them. */
function fieldsOf(
  headers: RawHeaders,
  rule: LifetimeRule,
  credentials: ReadonlySet<string>,
): Fields {
  let authorization: string | undefined;
  let cookie: string | undefined;
  let uncovered = false;
  const keyed = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    if (name === 'authorization') authorization = value;
    if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    const listed = rule.headers.includes(name);
    // RFC 9110 section 5.3: repeated fields mean the same as one list.
    if (listed) keyed.set(name, keyed.has(name) ? `${keyed.get(name) ?? ''}, ${value}` : value);
    if (!listed && name !== 'authorization' && credentials.has(name)) uncovered = true;
  }
  return { authorization, cookie, uncovered, keyed };
}

/**
 * The named cookies in the order of their names; undefined when the request carries none of them.
 */
function keyedCookies(cookie: string, names: ReadonlySet<string>): string | undefined {
  const kept = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => names.has(pair.split('=', 1)[0] ?? ''))
    .sort();
  return kept.length === 0 ? undefined : kept.join('; ');
}

export function strippedPath(route: Route, path: string): string {
  if (route.strip === undefined || !path.startsWith(route.strip)) return path;
  const rest = path.slice(route.strip.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

export function targetOf(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`;
}

export function seedOf(route: Route, method: string): string {
  return `${route.pattern} ${route.version} ${method}`;
}

/** HEAD reads what GET stored, and never stores by itself; QUERY and POST only where listed. */
export function keyedMethod(route: Route, { method }: GatewayRequest): string | undefined {
  if (method === 'GET' || method === 'HEAD') return 'GET';
  return route.contentMethods.has(method) ? method : undefined;
}

const DESCRIBES_CONTENT = new Set(['content-type', 'content-encoding', 'content-language']);

/** What is said about the content is keyed with it, and sent with it. */
function contentFields(headers: RawHeaders): string[] {
  return headers.filter((_, at) => {
    return DESCRIBES_CONTENT.has((headers[at - (at % 2)] ?? '').toLowerCase());
  });
}

/** Keys a request under a lifetime rule, or says why it cannot be keyed. */
export function keyUnderRule(
  route: Route,
  rule: LifetimeRule,
  request: GatewayRequest,
  credentials: ReadonlySet<string>,
): Keying {
  const method = keyedMethod(route, request);
  if (method === undefined) return { kind: 'bypass', reason: 'method' };
  if (request.body !== undefined) return { kind: 'bypass', reason: 'body' };
  const { content } = request;
  const fields = fieldsOf(request.headers, rule, credentials);
  if (fields.uncovered) return { kind: 'bypass', reason: 'credentials' };
  if (fields.authorization !== undefined && rule.authorization === 'bypass') {
    return { kind: 'bypass', reason: 'credentials' };
  }
  if (fields.cookie !== undefined && rule.cookies === 'bypass') {
    return { kind: 'bypass', reason: 'cookies' };
  }
  const query = keyedQuery(request.query, rule.query);
  const cookie =
    fields.cookie === undefined || typeof rule.cookies === 'string'
      ? undefined
      : keyedCookies(fields.cookie, rule.cookies);
  const own = rule.authorization === 'own' && fields.authorization !== undefined;
  const partition = own ? request.partition : rule.authorization === 'shared' ? 'shared' : 'anon';

  // A POST or QUERY without content has a key of its own, which must not be taken for that of GET.
  const isGet = method === 'GET' && content === undefined;
  const headers: string[] = ['Accept-Encoding', 'identity'];
  if (own) headers.push('Authorization', fields.authorization);
  if (cookie !== undefined) headers.push('Cookie', cookie);
  const parts = [SCHEMA, route.pattern, route.version, method, request.host, request.path];
  parts.push(query === undefined ? '-' : `+${query}`, partition, cookie ?? '');
  for (const name of rule.headers) {
    const value = fields.keyed.get(name);
    // Absent and empty are two different things to an upstream.
    parts.push(name, value === undefined ? '-' : `+${value}`);
    if (value !== undefined) headers.push(name, value);
  }
  if (content !== undefined) {
    parts.push(...bodyKeyParts(request.headers, content, rule.body));
    headers.push(...contentFields(request.headers));
  }
  return {
    kind: 'keyed',
    key: keyOf(parts),
    partition,
    method,
    target: targetOf(strippedPath(route, request.path), query),
    headers,
    content,
    seed: seedOf(route, method),
    plain: isGet && fields.cookie === undefined && rule.headers.length === 0,
  };
}
