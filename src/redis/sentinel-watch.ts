/** The watch over the sentinels: each is asked again and again; the newest word holds. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { BackoffOptions } from './backoff.js';
import type { Connection } from './connection.js';
import { openDedicated } from './dedicated.js';
import { kindOf, RedisFailure, type FailureKind } from './failure.js';
import { openConnection, type OpenOptions } from './open.js';
import { readWord, type SentinelWord } from './sentinel-word.js';
import { addressText, clientsFor, type Address, type SentinelTarget } from './target.js';

export interface SentinelWatchTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: BackoffOptions;
  /** Another leads from now on; also said for the first that is known. */
  readonly moved: (master: Address) => void;
}

export const sentinelStates = [
  'up', // it answers, and knows the newest configuration
  'behind', // it answers, and knows an older one only
  'unknown', // it answers, and knows no master of that name
  'down', // it does not answer, or has not yet
] as const;
export type SentinelState = (typeof sentinelStates)[number];
export type SentinelCounts = Readonly<Record<SentinelState, number>>;

export interface SentinelWatch {
  /** Resolves as soon as one is known; rejects when all sentinels were asked and none knows. */
  master(): Promise<Address>;
  known(): Address | undefined;
  /** How many are in each state. */
  counts(): SentinelCounts;
  close(): void;
}

/** Being asked who leads is proof enough; this is for the time when nothing else is said. */
const PING_EVERY_MS = 60_000;

interface Waiter {
  readonly resolve: (master: Address) => void;
  readonly reject: (failure: RedisFailure) => void;
}

export function openSentinelWatch(
  target: SentinelTarget,
  options: OpenOptions,
  { clock, log, backoff, moved }: SentinelWatchTools,
): SentinelWatch {
  const { sentinels, name, askEveryMs } = target;
  /** What each sentinel that answers said last. */
  const words = new Map<Address, SentinelWord>();
  const failed = new Map<Address, FailureKind>();
  const waiters = new Set<Waiter>();
  let known: SentinelWord | undefined;

  const newestEpoch = (): number => Math.max(...[...words.values()].map(({ epoch }) => epoch));
  const counts = (): SentinelCounts => {
    const newest = newestEpoch();
    const up = [...words.values()].filter(({ epoch }) => epoch === newest).length;
    const unknown = [...failed.values()].filter((kind) => kind === 'sentinel').length;
    const down = sentinels.length - words.size - unknown;
    return { up, behind: words.size - up, unknown, down };
  };

  const adopt = (word: SentinelWord): void => {
    const before = known;
    known = word;
    if (before !== undefined && addressText(before) === addressText(word)) return;
    if (before !== undefined) log.warn('redis_master_moved', { server: addressText(word) });
    for (const { resolve } of waiters) resolve(word);
    waiters.clear();
    moved(word);
  };

  /**
   * A sentinel that was cut off knows an old master, by a lower number of the configuration. That
   * is believed only when most of them say so, as after they were reset.
   */
  const heard = (sentinel: Address, word: SentinelWord): void => {
    if (!words.has(sentinel)) log.info('redis_sentinel_up', { server: addressText(sentinel) });
    failed.delete(sentinel);
    words.set(sentinel, word);
    if (known === undefined || word.epoch >= known.epoch) {
      adopt(word);
      return;
    }
    if (words.size > sentinels.length / 2 && word.epoch === newestEpoch()) adopt(word);
  };

  const lost = (sentinel: Address, kind: FailureKind): void => {
    if (words.delete(sentinel) || !failed.has(sentinel)) {
      log.warn('redis_sentinel_down', { server: addressText(sentinel), reason: kind });
    }
    failed.set(sentinel, kind);
    if (known !== undefined || failed.size < sentinels.length) return;
    for (const { reject } of waiters) reject(new RedisFailure(kind));
    waiters.clear();
  };

  const ask = async (sentinel: Address, connection: Connection): Promise<void> => {
    const word = await readWord(connection, name, options.handshakeMs);
    if (word === undefined) throw new RedisFailure('sentinel');
    heard(sentinel, word);
  };

  const watchers = sentinels.map((sentinel) => {
    const one = { kind: 'single', ...sentinel, ...target.sentinelCredentials, db: 0 } as const;
    const makeClient = clientsFor(one, options.connectMs);
    const dedicated = openDedicated(
      { name: 'sentinel', onOpen: (connection) => ask(sentinel, connection) },
      {
        ...{ clock, log, backoff, pingEveryMs: PING_EVERY_MS, pingMs: options.handshakeMs },
        open: async () => (await openConnection(makeClient, options, [], clock)).connection,
        failed: (kind) => {
          lost(sentinel, kind);
        },
        closed: () => undefined,
      },
    );
    return { sentinel, dedicated };
  });
  const asking = clock.every(askEveryMs, () => {
    for (const { sentinel, dedicated } of watchers) {
      const connection = dedicated.connection();
      if (connection === undefined || connection.load > 0) continue;
      ask(sentinel, connection).catch((thrown: unknown) => {
        connection.end(kindOf(thrown));
      });
    }
  });

  return {
    master() {
      if (known !== undefined) return Promise.resolve(known);
      const kinds = [...failed.values()];
      const [kind] = kinds;
      if (kind !== undefined && kinds.length === sentinels.length) {
        return Promise.reject(new RedisFailure(kind));
      }
      // Each sentinel's own deadlines end this wait.
      return new Promise((resolve, reject) => {
        waiters.add({ resolve, reject });
      });
    },
    known: () => known,
    counts,
    close() {
      asking.cancel();
      for (const { dedicated } of watchers) dedicated.close();
      for (const { reject } of waiters) reject(new RedisFailure('closed'));
      waiters.clear();
    },
  };
}
