/** The bus: what one node tells the others, signed, small, and heard by who listens just then. */
import type { Clock } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import type { RedisReply } from './connection.js';
import type { Dedicated } from './dedicated.js';
import type { RedisPool } from './pool.js';

export const messageKinds = ['lease', 'purge', 'applied'] as const;
export type MessageKind = (typeof messageKinds)[number];

/** What is signed in the same way and kept: records of the journal, words of the roster. */
export type SealedKind = MessageKind | 'record' | 'word';

/** Why a message was not heard. */
export const busRefusals = ['size', 'flood', 'form', 'version', 'key', 'mac', 'kind'] as const;
export type BusRefusal = (typeof busRefusals)[number];

/** Whoever holds the keys signs for this room. */
export interface Seal {
  seal(kind: SealedKind, payload: Buffer): Buffer;
  open(
    bytes: Buffer,
  ):
    | { readonly kind: SealedKind; readonly payload: Buffer }
    | { readonly kind: 'refused'; readonly reason: BusRefusal };
}

export interface BusOptions {
  readonly channel: string;
  /** A longer message is not looked at. */
  readonly messageBytesMax: number;
  /** Messages that are looked at within one second. */
  readonly messagesMax: number;
  readonly waitMs: number;
}

export interface BusTools {
  readonly pool: Pick<RedisPool, 'call' | 'dedicated' | 'admits'>;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BusStats {
  readonly listening: boolean;
  readonly sent: Readonly<Record<MessageKind, number>>;
  readonly heard: Readonly<Record<MessageKind, number>>;
  readonly unsent: number;
  readonly refused: Readonly<Record<BusRefusal, number>>;
  /** How often messages may have been missed, because nobody listened for a while. */
  readonly silences: number;
}

export interface Bus {
  on(kind: MessageKind, listener: (payload: Buffer) => void): void;
  /** From now on messages are heard, after a while in which they were not. */
  onListening(listener: () => void): void;
  /** Nobody waits for it, and what is not sent is only counted: every message is a hint. */
  tell(kind: MessageKind, payload: Buffer): void;
  isListening(): boolean;
  stats(): BusStats;
  close(): void;
}

const WINDOW_MS = 1000;

function counts<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}

export function openBus(options: BusOptions, { pool, seal, clock, log }: BusTools): Bus {
  const listeners = new Map<MessageKind, (payload: Buffer) => void>();
  const whenListening: (() => void)[] = [];
  const sent = counts(messageKinds);
  const heard = counts(messageKinds);
  const refused = counts(busRefusals);
  let unsent = 0;
  let silences = 0;
  let listening = false;
  let windowMs = -Infinity;
  let inWindow = 0;

  /** A flood must not become work: beyond so many a second they are dropped unread. */
  const isFlood = (): boolean => {
    const nowMs = clock.nowMs();
    if (nowMs - windowMs >= WINDOW_MS) {
      windowMs = nowMs;
      inWindow = 0;
    }
    inWindow += 1;
    return inWindow > options.messagesMax;
  };
  const hear = (_channel: Buffer, message: RedisReply): void => {
    if (isFlood()) {
      refused.flood += 1;
      return;
    }
    if (!Buffer.isBuffer(message) || message.length > options.messageBytesMax) {
      refused.size += 1;
      return;
    }
    const opened = seal.open(message);
    if (opened.kind === 'refused') {
      refused[opened.reason] += 1;
      return;
    }
    const { kind, payload } = opened;
    if (kind === 'record' || kind === 'word') {
      refused.kind += 1;
      return;
    }
    heard[kind] += 1;
    listeners.get(kind)?.(payload);
  };

  let ear: Dedicated | undefined;
  try {
    ear = pool.dedicated({
      name: 'bus',
      onOpen: async (connection) => {
        await connection.call('subscribe', [options.channel], { waitMs: options.waitMs });
        listening = true;
        for (const listener of whenListening) listener();
      },
      onMessage: hear,
      onLost: () => {
        listening = false;
        silences += 1;
      },
    });
  } catch (thrown) {
    // Without a connection for it everything is found out by looking, only later.
    log.warn('bus_silent', describeThrown(thrown));
  }

  return {
    on: (kind, listener) => void listeners.set(kind, listener),
    onListening: (listener) => void whenListening.push(listener),
    tell(kind, payload) {
      if (!pool.admits('bus')) {
        unsent += 1;
        return;
      }
      const { channel, waitMs } = options;
      pool.call('bus', 'publish', [channel, seal.seal(kind, payload)], { waitMs }).then(
        () => {
          sent[kind] += 1;
        },
        () => {
          unsent += 1;
        },
      );
    },
    isListening: () => listening,
    stats: () => ({
      ...{ listening, unsent, silences },
      ...{ sent: { ...sent }, heard: { ...heard }, refused: { ...refused } },
    }),
    close() {
      listening = false;
      ear?.close();
    },
  };
}
