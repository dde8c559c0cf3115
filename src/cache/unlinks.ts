/** Unlinks: values that nobody shall get are taken away, with a few more tries where that fails. */
import type { Clock, Timer } from '../clock.js';
import type { RedisReply } from '../redis/connection.js';
import type { RedisPool } from '../redis/pool.js';

export interface Unlinks {
  /** Takes a value away, now or soon; the pool counts what goes wrong. */
  drop(key: string): void;
}

const TRIES_MAX = 5;
const RETRY_MS = 200;
/** More than these are left to their own ends: no answer of theirs is believed anyway. */
const WAITING_MAX = 1_000;

const isNumber = (reply: RedisReply): boolean => typeof reply === 'number';

export function openUnlinks(pool: Pick<RedisPool, 'call' | 'admits'>, clock: Clock): Unlinks {
  /** Tries that are left. */
  const waiting = new Map<string, number>();
  let timer: Timer | undefined;
  const later = (key: string, tries: number): void => {
    if (tries <= 0 || waiting.size >= WAITING_MAX) return;
    waiting.set(key, tries);
    timer ??= clock.after(RETRY_MS, again);
  };
  const attempt = (key: string, tries: number): void => {
    // The connection that brought it is often gone, and the next one not open yet.
    if (!pool.admits('write', key)) later(key, tries - 1);
    else {
      pool.call('write', 'unlink', [key], { isOurs: isNumber }).catch(() => {
        later(key, tries - 1);
      });
    }
  };
  const again = (): void => {
    timer = undefined;
    const all = [...waiting];
    waiting.clear();
    for (const [key, tries] of all) attempt(key, tries);
  };
  return {
    drop(key) {
      attempt(key, TRIES_MAX);
    },
  };
}
