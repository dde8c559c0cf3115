/** A crew on workers that misbehave on command. */
import { fileURLToPath } from 'node:url';
import { systemClock, type Clock } from '../../src/clock.js';
import { Crew } from '../../src/energy/crew.js';
import type { CrewOptions } from '../../src/energy/crew-job.js';
import type { Priority } from '../../src/energy/waiting-line.js';
import { Failure } from '../../src/errors.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { kept, quiet } from './service-kit.js';

export function rogues(options: Partial<CrewOptions> = {}, clock: Clock = systemClock): Crew {
  const crew = new Crew(
    {
      workerFile: fileURLToPath(new URL('./workers/rogue.mjs', import.meta.url)),
      threads: 2,
      heapMegabytesMax: 64,
      workerData: undefined,
      waitingMax: 1000,
      waitMs: 60_000,
      jobMs: 20_000,
      triesMax: 2,
      givenUpMs: 30_000,
      memory: { gainBytesMax: 2 ** 40, lookMs: 20, readBytes: () => process.memoryUsage.rss() },
      ...options,
    },
    { clock, log: quiet },
  );
  return kept(crew);
}

export type Act = 'answer' | 'throw' | 'exit' | 'spin' | 'hang' | 'heap' | 'buffers';

export interface Told {
  readonly user?: number;
  readonly once?: boolean;
  readonly lie?: string;
  readonly key?: string;
  readonly priority?: Priority;
  readonly jobMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: () => void;
}

let nextKey = 0;

export function tell(crew: Crew, act: Act, told: Told = {}): Promise<object> {
  nextKey += 1;
  const { key = `told ${nextKey}`, priority = 1, jobMs, signal, onProgress, ...more } = told;
  return crew.run({ key, priority, jobMs, signal, onProgress, message: { act, ...more } });
}

/** The code of the failure, or `answered`. */
export async function outcome(of: Promise<object>): Promise<string> {
  try {
    await of;
    return 'answered';
  } catch (thrown) {
    return thrown instanceof Failure ? thrown.code : 'something unexpected';
  }
}

export async function failureOf(of: Promise<object>): Promise<Failure> {
  try {
    await of;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
  }
  throw new Error('no failure came');
}

export interface WatchedClock extends HandClock {
  /** Resolves once a timer of this delay is set. */
  timerOf(delayMs: number): Promise<void>;
}

/** A clock turned by hand that says when somebody has set a timer. */
export function watchedClock(): WatchedClock {
  const clock = handClock();
  const set = new Set<number>();
  let watchers: { readonly delayMs: number; readonly resolve: () => void }[] = [];
  return {
    ...clock,
    after(delayMs, action) {
      set.add(delayMs);
      for (const watcher of watchers) if (watcher.delayMs === delayMs) watcher.resolve();
      watchers = watchers.filter((watcher) => watcher.delayMs !== delayMs);
      return clock.after(delayMs, action);
    },
    timerOf: (delayMs) =>
      new Promise((resolve) => {
        if (set.has(delayMs)) resolve();
        else watchers.push({ delayMs, resolve });
      }),
  };
}
