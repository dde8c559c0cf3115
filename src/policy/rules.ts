/** The rules: which route a request matches, first match wins, and what its words mean. */
import { hash } from 'node:crypto';

export interface FieldEdits {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** How requests with content are keyed. */
export interface BodyOptions {
  readonly maxBytes: number;
  readonly json: 'exact' | 'canonical';
}

/** A lifetime rule as the settings say it; times are milliseconds, sizes are bytes. */
export interface CacheOptions {
  readonly ttl: number;
  readonly origin: 'override' | 'default' | 'cap';
  /** One lifetime for every error that may be kept, or one per status or class (`404`, `5xx`). */
  readonly errorTtl: number | Readonly<Record<string, number>>;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** An old answer goes out after so long a wait; the computation goes on. */
  readonly softLimit?: number | undefined;
  /** The longest wait for a turn with the upstream. */
  readonly patience?: number | undefined;
  readonly early: 'off' | 'auto';
  /** A share of the lifetime, from 0 to 1. */
  readonly jitter: number;
  readonly window: 'off' | number;
  readonly query: 'exact' | 'sorted' | readonly string[];
  readonly headers: readonly string[];
  readonly cookies: 'bypass' | 'drop' | readonly string[];
  readonly authorization: 'own' | 'shared' | 'bypass';
  readonly body: BodyOptions;
  readonly tags: readonly string[];
  readonly maxBytes: number;
  readonly abandon: boolean;
  readonly clientTtl: number;
}

/** A route as the settings say it. */
export interface RouteOptions {
  readonly path: string;
  readonly upstream: string;
  readonly methods: readonly string[] | 'any';
  readonly strip?: string | undefined;
  readonly request: FieldEdits;
  readonly response: FieldEdits;
  readonly cache?: 'http' | CacheOptions | undefined;
  /** Two words that `cache: http` may add to RFC 9111. */
  readonly setCookie?: 'allow' | 'refuse' | undefined;
  readonly cookies?: 'allow' | 'bypass' | undefined;
}

/** A lifetime rule ready for use. */
export interface LifetimeRule {
  readonly ttlMs: number;
  readonly origin: 'override' | 'default' | 'cap';
  readonly errorTtl: CacheOptions['errorTtl'];
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly softLimitMs: number | undefined;
  readonly patienceMs: number | undefined;
  readonly early: 'off' | 'auto';
  readonly jitter: number;
  /** Undefined: lifetimes begin with their answers, and not with the clock's windows. */
  readonly windowMs: number | undefined;
  readonly query: 'exact' | 'sorted' | ReadonlySet<string>;
  /** Lower case, sorted. */
  readonly headers: readonly string[];
  readonly cookies: 'bypass' | 'drop' | ReadonlySet<string>;
  readonly authorization: 'own' | 'shared' | 'bypass';
  readonly body: BodyOptions;
  readonly tags: readonly string[];
  readonly bodyBytesMax: number;
  readonly abandon: boolean;
  readonly clientTtlMs: number;
}

export interface Route {
  /** The pattern as it was written: the route's name in metrics, logs and docs. */
  readonly pattern: string;
  /** Changes when anything changes that decides what the upstream sees. */
  readonly version: string;
  readonly upstream: string;
  readonly methods: ReadonlySet<string> | 'any';
  /** Methods with content whose answers are kept, keyed by it: QUERY and POST, where listed. */
  readonly contentMethods: ReadonlySet<string>;
  readonly strip: string | undefined;
  readonly request: FieldEdits;
  readonly response: FieldEdits;
  readonly cache: 'none' | 'http' | LifetimeRule;
  readonly refusesSetCookie: boolean;
  readonly bypassesCookies: boolean;
  readonly matches: (path: string) => boolean;
}

export type Match =
  | { readonly kind: 'route'; readonly route: Route }
  /** The path is known but not with this method. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' };

export interface Rules {
  readonly routes: readonly Route[];
  match(method: string, path: string): Match;
}

function lifetimeRule(options: CacheOptions): LifetimeRule {
  return {
    ttlMs: options.ttl,
    origin: options.origin,
    errorTtl: options.errorTtl,
    staleWhileRevalidateMs: options.staleWhileRevalidate,
    staleIfErrorMs: options.staleIfError,
    softLimitMs: options.softLimit,
    patienceMs: options.patience,
    early: options.early,
    jitter: options.jitter,
    windowMs: options.window === 'off' ? undefined : options.window,
    query: typeof options.query === 'string' ? options.query : new Set(options.query),
    headers: options.headers.map((name) => name.toLowerCase()).sort(),
    cookies: typeof options.cookies === 'string' ? options.cookies : new Set(options.cookies),
    authorization: options.authorization,
    body: options.body,
    tags: options.tags,
    bodyBytesMax: options.maxBytes,
    abandon: options.abandon,
    clientTtlMs: options.clientTtl,
  };
}

/** Exact segments; `*` is one segment that is not empty; `**` is the rest, with its slash. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  if (!pattern.includes('*')) return (path) => path === pattern;
  if (pattern.endsWith('/**') && !pattern.slice(0, -3).includes('*')) {
    const prefix = pattern.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  const open = pattern.endsWith('/**');
  const wanted = (open ? pattern.slice(0, -3) : pattern).split('/');
  return (path) => {
    const found = path.split('/');
    if (open ? found.length <= wanted.length : found.length !== wanted.length) return false;
    return wanted.every((part, at) => (part === '*' ? found[at] !== '' : found[at] === part));
  };
}

/** RFC 9111 keeps no POST by its body; whoever wants that says so with a lifetime rule. */
function contentMethods({ methods, cache }: RouteOptions): ReadonlySet<string> {
  if (methods === 'any' || cache === undefined) return new Set();
  const mayBeKeyed = cache === 'http' ? ['QUERY'] : ['QUERY', 'POST'];
  return new Set(mayBeKeyed.filter((method) => methods.includes(method)));
}

function compile(options: RouteOptions): Route {
  const listed = options.methods;
  const { path, upstream, strip, request, cache } = options;
  const keyed =
    typeof cache === 'object'
      ? [cache.query, cache.headers, cache.cookies, cache.authorization, cache.body]
      : [cache];
  return {
    pattern: path,
    version: hash('sha256', JSON.stringify([upstream, strip, request, keyed]), 'base64url'),
    upstream,
    // RFC 9110 section 9.3.2: whoever offers GET offers HEAD.
    methods:
      listed === 'any' ? 'any' : new Set(listed.includes('GET') ? [...listed, 'HEAD'] : listed),
    contentMethods: contentMethods(options),
    refusesSetCookie: options.setCookie === 'refuse',
    bypassesCookies: options.cookies === 'bypass',
    strip,
    request,
    response: options.response,
    cache: typeof cache === 'object' ? lifetimeRule(cache) : (cache ?? 'none'),
    matches: pathMatcher(path),
  };
}

/** Ours, whatever the routes say. */
const RESERVED = new Set(['/health', '/health/ready', '/metrics', '/whoami']);

export function isReserved(path: string): boolean {
  return RESERVED.has(path) || path.startsWith('/.leyden/') || path === '/.leyden';
}

export function compileRules(options: readonly RouteOptions[]): Rules {
  const routes = options.map(compile);
  return {
    routes,
    match(method, path) {
      if (isReserved(path)) return { kind: 'none' };
      const allow = new Set<string>();
      for (const route of routes) {
        if (!route.matches(path)) continue;
        if (route.methods === 'any' || route.methods.has(method)) return { kind: 'route', route };
        for (const offered of route.methods) allow.add(offered);
      }
      return allow.size === 0 ? { kind: 'none' } : { kind: 'method', allow: [...allow].sort() };
    },
  };
}
