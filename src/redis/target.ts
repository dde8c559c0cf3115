/** Which Redis is meant, and the options under which its client may open one connection. */
import { Redis, type RedisOptions } from 'ioredis';
import { OperatorError } from '../errors.js';

/** Trust for `rediss://`; with none given, the authorities that Node knows. */
export interface TlsOptions {
  readonly ca: string | undefined;
  /** The name that the certificate must bear; the host's own when undefined. */
  readonly serverName: string | undefined;
}

export interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsOptions | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface SingleTarget extends Credentials, Address {
  readonly kind: 'single';
  readonly db: number;
}

/** The credentials are those of the servers; the sentinels have their own. */
export interface SentinelTarget extends Credentials {
  readonly kind: 'sentinel';
  /** What the sentinels call the master. */
  readonly name: string;
  readonly db: number;
  readonly sentinels: readonly Address[];
  readonly sentinelCredentials: Credentials;
  /** How often the sentinels are asked who leads. */
  readonly askEveryMs: number;
}

export interface ClusterTarget extends Credentials {
  readonly kind: 'cluster';
  /** Who is asked first for the others; the rest is learned. */
  readonly nodes: readonly Address[];
  /** What the nodes call an address, and where we find it; others are taken as they are. */
  readonly reachedAt: ReadonlyMap<string, Address>;
  /** How often it is asked who has which slots, when nothing else is a reason to. */
  readonly askEveryMs: number;
  /** Nodes that have a pool, at most. */
  readonly nodesMax: number;
}

/** All connections lead to one server at a time. */
export type ServerTarget = SingleTarget | SentinelTarget;

/** Where Redis stands. */
export type RedisTarget = ServerTarget | ClusterTarget;

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/;

/** Reads `host:port`, with brackets around an IPv6 address; undefined when it is none. */
export function addressOf(text: string): Address | undefined {
  const [, bracketed, plain, digits] = ADDRESS.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

const DB = /^\/(\d+)$/;

/** Reads an address; it never appears in what is thrown, for it may carry a password. */
export function placeOf(url: string): Partial<Place> {
  if (!URL.canParse(url) || !/^rediss?:\/\//i.test(url)) {
    throw new OperatorError('The address of Redis must begin with redis:// or rediss://.');
  }
  const parsed = new URL(url);
  const db = DB.exec(parsed.pathname)?.[1];
  const text = (part: string): string | undefined => {
    if (part === '') return undefined;
    try {
      return decodeURIComponent(part);
    } catch {
      // A lone percent sign stands for itself.
      return part;
    }
  };
  const username = text(parsed.username);
  const password = text(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    isTls: parsed.protocol === 'rediss:',
    ...(db === undefined ? {} : { db: Number(db) }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** Makes a client that has not connected yet and will connect once. */
export type ClientMaker = () => Redis;

const KEEP_ALIVE_MS = 10_000;

/**
 * The client's own defaults queue commands without end, send them twice and wait for ever. Here a
 * connection lives once: what is lost is lost at once, and whoever keeps it opens another.
 */
const failFast = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  retryStrategy: null,
  // We destroy the socket ourselves; its timer would outlive a connection that is closed already.
  disconnectTimeout: 1,
  // A resend on READONLY needs the offline queue, and would hide the reason; we reconnect instead.
  reconnectOnError: null,
  // Its check needs INFO and writes to the console; ours asks PING and reads the answer.
  enableReadyCheck: false,
  disableClientInfo: true,
  // Under RESP3 this client drops the messages of client-side caching without a word.
  protocol: 2,
  replyMapping: 'legacy',
  noDelay: true,
  keepAlive: KEEP_ALIVE_MS,
} as const satisfies RedisOptions;

function tlsOf({ tls, host }: SingleTarget) {
  if (tls === undefined) return {};
  const { ca, serverName = host } = tls;
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      // An address is no name for SNI, but it is what the certificate must say.
      ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
      minVersion: 'TLSv1.2' as const,
      rejectUnauthorized: true,
    },
  };
}

/**
 * There is no `commandTimeout` and no `socketTimeout` of the client: each command brings its own
 * deadline, and the first that passes destroys the connection (see `connection.ts`). So the same
 * kind of connection can wait for a blocking command or for messages, which those two would kill.
 */
function optionsFor(target: SingleTarget, connectMs: number) {
  const { host, port, db, username, password } = target;
  return {
    ...failFast,
    ...{ host, port, db, connectTimeout: connectMs },
    // A password alone is that of the user `default`; said so, the client has nothing to warn of.
    ...(password === undefined ? {} : { username: username ?? 'default', password }),
    ...tlsOf(target),
  };
}

export function clientsFor(target: SingleTarget, connectMs: number): ClientMaker {
  return () => new Redis(optionsFor(target, connectMs));
}
