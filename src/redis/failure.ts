/** What can go wrong with Redis: a closed list of kinds, and errors that quote no library. */
import { types } from 'node:util';

const { isNativeError } = types;

/** Labels of the metrics and words of the log. */
export const failureKinds = [
  // Between us and the server.
  ...(['refused', 'unreachable', 'dns', 'reset', 'timeout', 'tls', 'emfile'] as const),
  // What the server answers.
  ...(['auth', 'maxclients', 'loading', 'oom', 'misconf', 'readonly', 'cluster'] as const),
  // The sentinels are there, and none knows the master.
  'sentinel',
  ...(['wrongtype', 'noscript', 'script_busy', 'rejected'] as const),
  // Replies that cannot be, and replies that are not ours.
  ...(['protocol', 'desync'] as const),
  // What we refuse by ourselves, without a byte on the wire.
  ...(['breaker_open', 'full', 'closed', 'other'] as const),
] as const;

export type FailureKind = (typeof failureKinds)[number];

/** Why a node of a Cluster does not answer by itself, and who may. */
export type Elsewhere =
  | {
      /** For good; or for this one command, while the slot is under way. */
      readonly kind: 'moved' | 'ask';
      readonly slot: number;
      /** Empty: the host that was asked. */
      readonly host: string;
      readonly port: number;
    }
  /** Some of the keys are here and some are there: soon all are there. */
  | { readonly kind: 'again' }
  | { readonly kind: 'down' };

/** Everything that this room throws. The word in `code` is safe to log. */
export class RedisPoolError extends Error {
  override readonly name: string = 'RedisPoolError';
}

/** A command had no good answer. It carries no message of the server: those quote keys. */
export class RedisFailure extends RedisPoolError {
  override readonly name = 'RedisFailure';
  readonly code: FailureKind;
  /**
   * True when it only shared a connection with what failed: one event is one failure, however many
   * commands were under way.
   */
  readonly collateral: boolean;
  /** What a node of a Cluster says of where the answer is. */
  readonly elsewhere: Elsewhere | undefined;

  constructor(code: FailureKind, collateral = false, elsewhere?: Elsewhere) {
    super(`Redis: ${code}.`);
    this.code = code;
    this.collateral = collateral;
    this.elsewhere = elsewhere;
  }
}

export class PoolNotInitializedError extends RedisPoolError {
  override readonly name = 'PoolNotInitializedError';
  readonly code = 'not_initialized';

  constructor() {
    super('The Redis pool is not initialized. Call initRedisPool() first.');
  }
}

/** No connection could be opened for a caller who wanted one for itself. */
export class PoolConnectionError extends RedisPoolError {
  override readonly name = 'PoolConnectionError';
  readonly code: FailureKind;

  constructor(code: FailureKind) {
    super(`No connection to Redis: ${code}.`);
    this.code = code;
  }
}

/** All connections are lent, and the wait for one has ended or could not begin. */
export class PoolExhaustedError extends RedisPoolError {
  override readonly name = 'PoolExhaustedError';
  readonly code = 'exhausted';

  constructor() {
    super('The Redis pool has no connection left.');
  }
}

const CODES: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  EMFILE: 'emfile',
  ENFILE: 'emfile',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EPROTO: 'tls',
};

const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** The first word of an error reply. */
const REPLIES: Readonly<Record<string, FailureKind>> = {
  OOM: 'oom',
  MISCONF: 'misconf',
  READONLY: 'readonly',
  LOADING: 'loading',
  MASTERDOWN: 'loading',
  MOVED: 'cluster',
  ASK: 'cluster',
  CLUSTERDOWN: 'cluster',
  TRYAGAIN: 'cluster',
  CROSSSLOT: 'cluster',
  NOAUTH: 'auth',
  WRONGPASS: 'auth',
  NOPERM: 'auth',
  WRONGTYPE: 'wrongtype',
  NOSCRIPT: 'noscript',
  BUSY: 'script_busy',
};

function kindOfReply(message: string): FailureKind {
  const known = REPLIES[message.split(' ', 1)[0] ?? ''];
  if (known !== undefined) return known;
  if (message.includes('max number of clients')) return 'maxclients';
  if (/invalid (username-)?password|AUTH/.test(message)) return 'auth';
  if (message.includes('Protocol error')) return 'protocol';
  return 'rejected';
}

const REDIRECTION = /^(MOVED|ASK) (\d{1,5}) (\S*):(\d{1,5})$/;
const SLOTS = 16_384;

/** An address without brackets may hold colons: the last one is before the port. */
function elsewhereIn(message: string): Elsewhere | undefined {
  if (message.startsWith('TRYAGAIN')) return { kind: 'again' };
  if (message.startsWith('CLUSTERDOWN')) return { kind: 'down' };
  const [, word, digits, host = '', portDigits] = REDIRECTION.exec(message) ?? [];
  const [slot, port] = [Number(digits), Number(portDigits)];
  if (word === undefined || slot >= SLOTS || port < 1 || port > 65_535) return undefined;
  return { kind: word === 'ASK' ? 'ask' : 'moved', slot, host, port };
}

/** The failure that an error reply means. */
export function failureIn(thrown: Error): RedisFailure {
  const kind = kindOf(thrown);
  return new RedisFailure(
    kind,
    false,
    kind === 'cluster' ? elsewhereIn(thrown.message) : undefined,
  );
}

/** Sorts what a library threw; its message is read here and goes no further. */
export function kindOf(thrown: unknown): FailureKind {
  if (thrown instanceof RedisFailure || thrown instanceof PoolConnectionError) return thrown.code;
  if (!isNativeError(thrown)) return 'other';
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  if (typeof code === 'string') {
    const known = CODES[code];
    if (known !== undefined) return known;
    if (TLS_CODE.test(code)) return 'tls';
  }
  if (thrown.name === 'ReplyError' || 'command' in thrown) return kindOfReply(thrown.message);
  if (thrown.message.includes('max number of clients')) return 'maxclients';
  // A reply that nobody asked for: from here on each reply may be another's.
  if (thrown.message.startsWith('Command queue state error')) return 'desync';
  if (/RESP|Maximum call stack|Please report this/.test(thrown.message)) return 'protocol';
  if (/^Connection is closed|Socket closed|Stream isn/.test(thrown.message)) return 'reset';
  if (/altnames|TLS|SSL/.test(thrown.message)) return 'tls';
  return 'other';
}
