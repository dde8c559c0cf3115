/** Writes behind: nobody waits for them, so many wait at most, and the newest of a key counts. */
import type { Clock } from '../clock.js';

/** Why an answer was not written. */
export type Dropped =
  | 'full' // too many wait, or too many bytes
  | 'replaced' // a newer one of the same key came before its turn
  | 'over' // its life ended before its turn
  | 'off' // writes are not tried now: Redis is away, or takes none
  | 'failed'; // Redis did not take it

export interface Write {
  readonly key: string;
  readonly value: Buffer;
  /** On our steady clock: beyond it nobody may be given it. */
  readonly endMs: number;
  /** Only where nothing lies: it must not take a better one's place. */
  readonly onlyNew: boolean;
}

export interface WriteBehindOptions {
  readonly writesMax: number;
  readonly bytesMax: number;
  /** Whether a write would be tried now. */
  readonly admits: () => boolean;
  /** Rejects when it was not taken; `lifeMs` is above zero. */
  readonly send: (write: Write, lifeMs: number) => Promise<void>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly dropped: (why: Dropped) => void;
}

export interface WriteBehind {
  /** Resolves with true once it is written, and with false when it never will be. */
  offer(write: Write): Promise<boolean>;
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
  let bytes = 0;
  let written = 0;

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
    let why: Dropped | undefined;
    try {
      await send(item, lifeMs);
    } catch {
      // The pool counts what went wrong; the next answer is the next try.
      why = 'failed';
    }
    underway -= 1;
    end(item, why);
    drain();
  };
  const drain = (): void => {
    for (const [key, item] of waiting) {
      if (underway >= AT_ONCE) return;
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
      const why = admits() ? undefined : 'off';
      if (why !== undefined || count > writesMax || bytes + more > bytesMax) {
        dropped(why ?? 'full');
        return Promise.resolve(false);
      }
      if (older !== undefined) end(older, 'replaced');
      bytes += size;
      return new Promise((settle) => {
        waiting.set(write.key, { ...write, settle });
        drain();
      });
    },
    stats: () => ({
      ...{ waiting: waiting.size + underway, waitingMax: writesMax },
      ...{ bytes, bytesMax, written },
    }),
  };
}
