/** Care: what the pool does by itself, again and again, as long as it is open. */
import type { Clock } from '../clock.js';
import { kindOf, type FailureKind } from './failure.js';
import type { Lanes } from './lanes.js';
import type { Lending } from './lending.js';
import { askRole } from './open.js';
import type { Writable } from './writable.js';

export interface CareOptions {
  readonly min: number;
  readonly healthMs: number;
  readonly roleMs: number;
  readonly askMs: number;
}

export interface CareTools {
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly lending: Lending;
  readonly writable: Writable;
  /** Somebody was asked, and answered. */
  readonly checked: () => void;
  readonly failed: (kind: FailureKind) => void;
}

export interface Care {
  close(): void;
}

export function openCare(options: CareOptions, tools: CareTools): Care {
  const { clock, lanes, lending, writable } = tools;
  const busy = new Set<() => Promise<void>>();
  /** One round at a time; what goes wrong in it is counted, and the next one tries again. */
  const round = (work: () => Promise<void>) => (): void => {
    if (busy.has(work)) return;
    busy.add(work);
    work()
      .catch((thrown: unknown) => {
        tools.failed(kindOf(thrown));
      })
      .finally(() => busy.delete(work));
  };

  const health = async (): Promise<void> => {
    if (await lanes.care()) tools.checked();
    if (lanes.open() > 0) await lending.care(options.min);
  };
  /** A replica that became the master says so only to those who ask. */
  const role = async (): Promise<void> => {
    const lane = lanes.pick();
    if (writable.role() === 'master' || lane === undefined) return;
    writable.learn(await askRole(lane, options.askMs));
  };
  const timers = [
    clock.every(options.healthMs, round(health)),
    clock.every(options.roleMs, round(role)),
  ];
  return {
    close() {
      for (const timer of timers) timer.cancel();
    },
  };
}
