/** Contradictions: settings that are good one by one and cannot hold together. */
import { isIPv4 } from 'node:net';
import { covers } from './patterns.js';
import type { Settings } from './settings.js';
import type { Complaint } from './judge.js';
import type { Path } from './walk.js';
import { formatSize } from './units.js';

/** An address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIPv4(name) && name.startsWith('127.');
}

type Say = (path: Path, text: string) => void;

function listeners({ server, operations }: Settings, say: Say): void {
  for (const [name, { host }] of Object.entries({ server, operations })) {
    if (isLoopback(host) || operations.token !== undefined) continue;
    say(
      [name, 'host'],
      `${name}.host is not a loopback address, so operations.token must be set (OPERATIONS_TOKEN).`,
    );
  }
  if (server.port !== 0 && server.port === operations.port) {
    const same = server.host === operations.host || [server.host, operations.host].some(isAny);
    if (same)
      say(['operations', 'port'], 'operations.port is the port of the public listener too.');
  }
  if (server.headersTimeout > server.requestTimeout) {
    say(
      ['server', 'headersTimeout'],
      'server.headersTimeout is longer than server.requestTimeout, which holds for the ' +
        'whole request.',
    );
  }
}

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';

function redisPool({ redis }: Settings, say: Say): void {
  const { max, min, lanes } = redis.pool;
  if (max < lanes + 1) {
    say(
      ['redis', 'pool', 'max'],
      `redis.pool.max must be ${lanes + 1} or more: one above redis.pool.lanes.`,
    );
  } else if (min > max) say(['redis', 'pool', 'min'], 'redis.pool.min is above redis.pool.max.');
  const isOne = redis.url !== undefined || redis.host !== undefined;
  if (isOne && redis.sentinel.addresses.length > 0) {
    say(
      ['redis', 'sentinel', 'addresses'],
      'redis.sentinel.addresses stands in place of redis.url and redis.host.',
    );
  }
  redisCluster(redis, say);
  if (redis.url === undefined || redis.host === undefined) return;
  const url = new URL(redis.url);
  if (url.hostname !== redis.host || Number(url.port || 6379) !== redis.port) {
    say(['redis', 'host'], 'redis.host and redis.port name another server than redis.url.');
  }
}

function redisCluster(redis: Settings['redis'], say: Say): void {
  const { url, host, db, sentinel, cluster } = redis;
  if (cluster.nodes.length === 0) {
    if (cluster.reachedAt.length === 0) return;
    say(
      ['redis', 'cluster', 'reachedAt'],
      'redis.cluster.reachedAt is of no use without redis.cluster.nodes.',
    );
    return;
  }
  if (url !== undefined || host !== undefined || sentinel.addresses.length > 0) {
    say(
      ['redis', 'cluster', 'nodes'],
      'redis.cluster.nodes stands in place of redis.url, redis.host and redis.sentinel.',
    );
  }
  if (db !== 0) say(['redis', 'db'], 'redis.db must be 0: a Cluster has no other.');
}

function pools({ database, http }: Settings, say: Say): void {
  if (database.pool.max > 0 && database.pool.min > database.pool.max) {
    say(['database', 'pool', 'min'], 'database.pool.min is above database.pool.max.');
  }
  if (http.pool.min > http.pool.max) {
    say(['http', 'pool', 'min'], 'http.pool.min is above http.pool.max.');
  }
}

function upstreams(settings: Settings, exists: (path: string) => boolean, say: Say): void {
  for (const [name, { url, ca }] of Object.entries(settings.upstreams)) {
    const path = ['upstreams', name];
    const origins = url === 'local' ? [] : url;
    if (new Set(origins).size < origins.length) {
      say([...path, 'url'], `upstreams.${name}.url names one origin twice.`);
    }
    if (ca === undefined) continue;
    if (!origins.some((origin) => origin.startsWith('https:'))) {
      say([...path, 'ca'], `upstreams.${name}.ca is of no use without an https:// origin.`);
    } else if (!exists(ca))
      say([...path, 'ca'], `upstreams.${name}.ca names a file that is not there.`);
  }
}

type Route = Settings['routes'][number];

/** Does every request of `second` match `first` too? */
function shadows(first: Route, second: Route): boolean {
  if (!covers(first.path, second.path)) return false;
  if (first.methods === 'any') return true;
  if (second.methods === 'any') return false;
  const taken = new Set(first.methods);
  if (taken.has('GET')) taken.add('HEAD');
  return second.methods.every((method) => taken.has(method));
}

function routeWords(route: Route, path: Path, settings: Settings, say: Say): void {
  const at = `routes[${String(path[1])}]`;
  if (!Object.hasOwn(settings.upstreams, route.upstream)) {
    const known = Object.keys(settings.upstreams);
    const list = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
    say([...path, 'upstream'], `${at}.upstream names no upstream; ${list}.`);
  }
  if (route.strip !== undefined && !covers(`${route.strip}/**`, route.path)) {
    say([...path, 'strip'], `${at}.strip is not the beginning of the path.`);
  }
  if (route.cache !== 'http') {
    for (const word of ['setCookie', 'cookies'] as const) {
      if (route[word] === undefined) continue;
      say([...path, word], `${at}.${word} stands beside \`cache: http\` only.`);
    }
  }
  if (route.cache === undefined || route.cache === 'http') return;
  const most = Math.floor(settings.memory.maxBytes / 8);
  if (route.cache.maxBytes > most) {
    say(
      [...path, 'cache', 'maxBytes'],
      `${at}.cache.maxBytes must be ${formatSize(most)} or less: an eighth of memory.maxBytes.`,
    );
  }
}

function routes(settings: Settings, say: Say): void {
  for (const [at, route] of settings.routes.entries()) {
    routeWords(route, ['routes', at], settings, say);
    const before = settings.routes.findIndex((other, index) => index < at && shadows(other, route));
    if (before === -1) continue;
    say(
      ['routes', at, 'path'],
      `routes[${at}] can never match: routes[${before}] takes all its requests first.`,
    );
  }
}

/** Everything that cannot hold together. */
export function contradictions(
  settings: Settings,
  exists: (path: string) => boolean,
): readonly Complaint[] {
  const found: Complaint[] = [];
  const say: Say = (path, text) => {
    found.push({ path, text, atName: false });
  };
  listeners(settings, say);
  redisPool(settings, say);
  pools(settings, say);
  upstreams(settings, exists, say);
  routes(settings, say);
  return found;
}
