/** Evictions: whether a server that has lost a key may have taken it away to make room. */
import type { Clock } from '../clock.js';
import type { RedisReply } from './connection.js';

/** What a server says of itself: which process it is, and how many keys it has evicted. */
export interface EvictionReading {
  readonly run: string;
  readonly evicted: number;
}

export interface Evictions {
  /** False unless it is certain: the same process runs on, and has evicted nothing since. */
  noneSince(ms: number): Promise<boolean>;
  /**
   * From the connection that will bring the messages: each of them is younger. True when nothing
   * has been evicted since the reading before, by the same process.
   */
  begin(reading: EvictionReading | undefined): boolean;
}

/** A message may come so much later than a reply that was sent after it, on another connection. */
const LAG_MS = 250;

/** Undefined for whatever does not say it. */
export function readEvictions(reply: RedisReply): EvictionReading | undefined {
  const text = Buffer.isBuffer(reply) ? reply.toString('latin1') : '';
  const run = /^run_id:([0-9a-f]{40})\r?$/m.exec(text)?.[1];
  const evicted = /^evicted_keys:(\d{1,15})\r?$/m.exec(text)?.[1];
  return run === undefined || evicted === undefined ? undefined : { run, evicted: Number(evicted) };
}

export function openEvictions(
  ask: () => Promise<EvictionReading | undefined>,
  clock: Pick<Clock, 'nowMs'>,
): Evictions {
  let known: (EvictionReading & { readonly sinceMs: number }) | undefined;
  let asked: { readonly sentMs: number; readonly heard: Promise<boolean> } | undefined;

  const learn = (reading: EvictionReading | undefined, lagMs: number): boolean => {
    const isSame =
      known !== undefined && known.run === reading?.run && known.evicted === reading.evicted;
    if (!isSame) known = reading && { ...reading, sinceMs: clock.nowMs() + lagMs };
    return isSame;
  };
  const isSteadySince = (ms: number): boolean => known !== undefined && known.sinceMs <= ms;
  const askNow = async (): Promise<boolean> => {
    try {
      const reading = await ask();
      if (reading !== undefined) learn(reading, LAG_MS);
      return reading !== undefined;
    } catch {
      // The pool counts why; what is not known is not certain.
      return false;
    }
  };

  return {
    begin: (reading) => learn(reading, 0),
    async noneSince(ms) {
      // A server that evicts all the time is not asked each time.
      if (!isSteadySince(ms)) return false;
      if (asked === undefined || asked.sentMs < ms) {
        asked = { sentMs: clock.nowMs(), heard: askNow() };
      }
      return (await asked.heard) && isSteadySince(ms);
    },
  };
}
