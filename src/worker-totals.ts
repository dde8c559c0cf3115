/** Totals: what all workers count, gathered when somebody asks, and what the ended ones left. */
import type { Clock } from './clock.js';
import { mergeCounted } from './metrics/merge.js';
import type { Counted } from './metrics/reading.js';
import { received } from './metrics/wire.js';
import type { Member } from './server/workers/crew-words.js';
import type { CountedThere, Sights } from './worker-count.js';

export interface TotalsOptions {
  /** Longer than this nobody waits for a worker; then it counts as missing. */
  readonly waitMs: number;
  /** Its answer is still taken when it comes so late. */
  readonly lateMs: number;
}

export interface TotalsTools {
  readonly clock: Clock;
  readonly ready: () => readonly Member[];
  /** Whether somebody looks at more than numbers. */
  readonly sightsWanted: () => boolean;
}

export interface Totals {
  /** Resolves when every worker has answered since the call, or is missing; never rejects. */
  gather(): Promise<void>;
  /** What a worker counted is kept; what it held is gone with it. */
  ended(member: Member): void;
  /** The numbers of this process come first. */
  merged(own: Counted): Counted;
  missing(): readonly Member[];
  /** For how long each of those that are missing has been so. */
  missingForMs(member: Member): number;
  sights(): readonly (readonly [Member, Sights, number])[];
}

interface Heard {
  counted: Counted | undefined;
  sights: Sights | undefined;
  heardMs: number;
  /** Asked, and not answered yet. */
  open: Promise<void> | undefined;
  missingSinceMs: number | undefined;
}

export function openTotals(options: TotalsOptions, tools: TotalsTools): Totals {
  const { clock, ready } = tools;
  const heard = new Map<Member, Heard>();
  let left: Counted | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const heardOf = (member: Member): Heard => {
    let one = heard.get(member);
    if (one === undefined) {
      one = {
        counted: undefined,
        sights: undefined,
        heardMs: 0,
        open: undefined,
        missingSinceMs: undefined,
      };
      heard.set(member, one);
    }
    return one;
  };
  const ask = (member: Member, one: Heard): Promise<void> => {
    const word = { kind: 'count', sights: tools.sightsWanted() };
    const open = member.line
      .ask(word, options.lateMs)
      .then((answer) => {
        const { counted, sights } = answer as CountedThere;
        // What was under way when its worker ended adds nothing to what was kept of it.
        if (!heard.has(member)) return;
        Object.assign(one, { counted: received(counted), sights, heardMs: clock.nowMs() });
        one.missingSinceMs = undefined;
      })
      .catch(() => undefined)
      .finally(() => {
        if (one.open === open) one.open = undefined;
      });
    one.open = open;
    return open;
  };
  const gatherOnce = async (): Promise<void> => {
    const waits: Promise<void>[] = [];
    for (const member of ready()) {
      const one = heardOf(member);
      // One that is missing is not waited for again: it says when it is back.
      if (one.missingSinceMs !== undefined && one.open !== undefined) continue;
      const answered = ask(member, one);
      waits.push(
        new Promise((resolve) => {
          const limit = clock.after(options.waitMs, () => {
            one.missingSinceMs ??= clock.nowMs();
            resolve();
          });
          void answered.then(() => {
            limit.cancel();
            resolve();
          });
        }),
      );
    }
    await Promise.all(waits);
  };
  const begin = (): Promise<void> => {
    const gathering = gatherOnce().finally(() => {
      if (running === gathering) running = undefined;
    });
    running = gathering;
    return gathering;
  };
  const missing = (): readonly Member[] =>
    ready().filter((member) => heard.get(member)?.missingSinceMs !== undefined);

  return {
    gather() {
      if (running === undefined) return begin();
      // What is under way may have asked before something happened that must be seen.
      next ??= running.then(() => {
        next = undefined;
        return begin();
      });
      return next;
    },
    ended(member) {
      const last = heard.get(member)?.counted;
      heard.delete(member);
      if (last === undefined) return;
      const parts = [{ counted: last, ended: true }];
      if (left !== undefined) parts.unshift({ counted: left, ended: true });
      left = mergeCounted(parts);
    },
    merged(own) {
      const parts = [{ counted: own, ended: false }];
      for (const { counted } of heard.values()) {
        if (counted !== undefined) parts.push({ counted, ended: false });
      }
      if (left !== undefined) parts.push({ counted: left, ended: true });
      return mergeCounted(parts);
    },
    missing,
    missingForMs(member) {
      const sinceMs = heard.get(member)?.missingSinceMs;
      return sinceMs === undefined ? 0 : clock.nowMs() - sinceMs;
    },
    sights: () =>
      [...heard].flatMap(([member, { sights, heardMs }]) =>
        sights === undefined ? [] : [[member, sights, heardMs] as const],
      ),
  };
}
