/** Writes behind: nobody waits for them, so many wait at most, and the newest of a key counts. */
import type { Clock } from '../clock.js';

/** Why an answer was not written. */
export type Dropped =
  | 'full' // too many wait, or too many bytes
  | 'replaced' // a newer one of the same key came before its turn, or a better one waits
  | 'over' // its life ended before its turn
  | 'off' // writes are not tried now: Redis is away, or takes none
  | 'failed' // Redis did not take it
  | 'closed'; // the process ended before its turn

export interface Write {
  readonly key: string;
  readonly value: Buffer;
  /** On our steady clock: beyond it nobody may be given it. */
  readonly endMs: number;
  /** Only where nothing lies: it must not take a better one's place. */
  readonly onlyNew: boolean;
  /** Where it is listed among others, and in what words. */
  readonly listing?: { readonly key: string; readonly line: Buffer } | undefined;
}

export interface WriteBehindOptions {
  readonly writesMax: number;
  readonly bytesMax: number;
  /** Whether a write would be tried now. */
  readonly admits: () => boolean;
  /** Rejects when it was not taken; `lifeMs` is above zero. */
  readonly send: (write: Write, lifeMs: number) => Promise<void>;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly dropped: (why: Dropped) => void;
}

export interface WriteBehind {
  /** Resolves with true once it is written, and with false when it never will be. */
  offer(write: Write): Promise<boolean>;
  /**
   * Takes no more, and waits so long for what it has. Resolves with how many were not written in
   * that time; those under way may still be.
   */
  close(waitMs: number): Promise<number>;
  stats(): {
    readonly waiting: number;
    readonly waitingMax: number;
    readonly bytes: number;
    readonly bytesMax: number;
    readonly written: number;
  };
}

/** Under way at the same time: enough to fill a lane, few enough to keep a slow Redis from more. */
const AT_ONCE = 32;

interface Item extends Write {
  readonly settle: (written: boolean) => void;
}

export function openWriteBehind(options: WriteBehindOptions): WriteBehind {
  const { writesMax, bytesMax, admits, send, clock, dropped } = options;
  // In the order of their coming; a newer write of the same key takes the older one's place.
  const waiting = new Map<string, Item>();
  let underway = 0;
  /** Two of one key at once could arrive in any order: each has a connection of its own. */
  const underwayKeys = new Set<string>();
  let bytes = 0;
  let written = 0;
  let isClosed = false;
  let emptied: () => void = () => undefined;

  const end = (item: Item, why: Dropped | undefined): void => {
    bytes -= item.value.byteLength;
    if (why === undefined) written += 1;
    else dropped(why);
    item.settle(why === undefined);
  };
  const sendOne = async (item: Item): Promise<void> => {
    const lifeMs = Math.floor(item.endMs - clock.nowMs());
    if (lifeMs <= 0) {
      end(item, 'over');
      return;
    }
    underway += 1;
    underwayKeys.add(item.key);
    let why: Dropped | undefined;
    try {
      await send(item, lifeMs);
    } catch {
      // The pool counts what went wrong; the next answer is the next try.
      why = 'failed';
    }
    underway -= 1;
    underwayKeys.delete(item.key);
    end(item, why);
    drain();
    if (waiting.size + underway === 0) emptied();
  };
  const drain = (): void => {
    for (const [key, item] of waiting) {
      if (underway >= AT_ONCE) return;
      if (underwayKeys.has(key)) continue;
      waiting.delete(key);
      void sendOne(item);
    }
  };

  return {
    offer(write) {
      const older = waiting.get(write.key);
      const size = write.value.byteLength;
      const more = size - (older?.value.byteLength ?? 0);
      const count = waiting.size + underway + (older === undefined ? 1 : 0);
      const why = isClosed ? 'closed' : admits() ? undefined : 'off';
      if (why !== undefined || count > writesMax || bytes + more > bytesMax) {
        dropped(why ?? 'full');
        return Promise.resolve(false);
      }
      // An error must not take the place of a good answer here, either.
      if (older?.onlyNew === false && write.onlyNew && older.endMs > clock.nowMs()) {
        dropped('replaced');
        return Promise.resolve(false);
      }
      if (older !== undefined) end(older, 'replaced');
      bytes += size;
      return new Promise((settle) => {
        waiting.set(write.key, { ...write, settle });
        drain();
      });
    },
    async close(waitMs) {
      isClosed = true;
      if (waiting.size + underway > 0) {
        await new Promise<void>((resolve) => {
          const timer = clock.after(waitMs, resolve);
          emptied = () => {
            timer.cancel();
            resolve();
          };
        });
      }
      for (const item of waiting.values()) end(item, 'closed');
      const left = waiting.size + underway;
      waiting.clear();
      return left;
    },
    stats: () => ({
      ...{ waiting: waiting.size + underway, waitingMax: writesMax },
      ...{ bytes, bytesMax, written },
    }),
  };
}
