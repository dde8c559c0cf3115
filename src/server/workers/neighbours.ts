/** The neighbours as a second tier: what another worker has or computes is not done twice. */
import { hash } from 'node:crypto';
import type { Clock, Timer } from '../../clock.js';
import type { Entry } from '../../cache/entry.js';
import type { Lead, Released } from '../../cache/fleet.js';
import { readFrame, type FrameTools } from '../../cache/frame.js';
import type { Purges } from '../../cache/purge.js';
import type { RedisStoreStats } from '../../cache/redis-store.js';
import type { Look, SecondTier } from '../../cache/second-tier.js';
import type { Task } from '../../cache/plan.js';
import { countOne } from '../../cache/tally.js';
import { Failure, failures, type FailureCode } from '../../errors.js';
import type { LentAnswer, Lending } from './lending.js';
import type { Sharing } from './sharing.js';
import type { LandedHow, LeadWord, Neighbour } from './words.js';

export interface NeighboursOptions {
  /** All that a caller waits for the others, beside the wait for a computation. */
  readonly budgetMs: number;
  /** The longest that a computation somewhere else is waited for. */
  readonly patienceMs: number;
}

export interface NeighboursTools {
  readonly clock: Clock;
  readonly purges: Purges;
  readonly sharing: Pick<Sharing, 'mark' | 'epochAt'>;
  readonly frames: FrameTools;
  /** Each rejects when no answer comes in time. */
  readonly where: (family: string, waitMs: number) => Promise<Neighbour | undefined>;
  readonly ask: (family: string, waitMs: number) => Promise<LeadWord>;
  readonly borrow: (from: Neighbour, what: Lending, waitMs: number) => Promise<LentAnswer>;
  readonly kept: (family: string) => boolean;
  readonly released: (family: string, how: Released, code?: FailureCode) => void;
  readonly left: (family: string) => void;
}

export interface Neighbours extends SecondTier {
  /** What the primary says of a computation that is waited for. */
  landed(family: string, how: LandedHow, code: FailureCode | undefined): void;
}

const ABSENT: Look = { kind: 'absent' };
const FAILED: Look = { kind: 'failed' };
const ALONE: Lead = { kind: 'alone' };

/** The same for the same answer in every worker of this primary. */
export function familyOf({ route, keyed }: Pick<Task, 'route' | 'keyed'>): string {
  return hash('sha256', `${route.pattern}\n${keyed.partition}\n${keyed.key}`, 'base64url');
}

function failureOf(code: FailureCode | undefined): Failure {
  const known = code !== undefined && Object.hasOwn(failures, code) ? code : 'upstream_sick';
  return new Failure(known, failures[known].status === 503 ? { retryAfterS: 1 } : {});
}

interface Landing {
  readonly how: LandedHow;
  readonly code: FailureCode | undefined;
}

class Counts {
  readonly reads = { good: 0, absent: 0, failed: 0, skipped: 0 };
  readonly rejected = new Map<string, number>();
  readonly leads = { lead: 0, landed: 0, failed: 0, alone: 0, released: 0 };
  written = 0;
  tooOld = 0;

  read(look: Look): Look {
    this.reads[look.kind === 'found' ? 'good' : look.kind] += 1;
    return look;
  }

  stats() {
    const rejected = this.rejected as RedisStoreStats['rejected'];
    const none = { waiting: 0, waitingMax: 0, bytes: 0, bytesMax: 0, notWritten: new Map() };
    const { written, tooOld } = this;
    return { ...none, reads: { ...this.reads }, rejected, written, tooOld, leads: this.leads };
  }
}

export function openNeighbours(options: NeighboursOptions, tools: NeighboursTools): Neighbours {
  const { clock, purges, sharing, frames } = tools;
  const counts = new Counts();
  const waiting = new Map<string, (lead: Lead) => void>();
  /** Asked for the lead; the end of what is waited for may be heard before the answer is. */
  const asking = new Map<string, Landing | undefined>();
  /** Who held it when we got the lead, so that the second look need not ask once more. */
  const known = new Map<string, Neighbour | undefined>();
  /** Computations of this worker that the others wait for. */
  const leading = new Set<string>();
  purges.outlast();

  const releasing = (family: string): Lead => {
    let isOver = false;
    leading.add(family);
    return {
      kind: 'lead',
      release(how, failure) {
        if (isOver) return Promise.resolve();
        isOver = true;
        leading.delete(family);
        known.delete(family);
        counts.leads.released += 1;
        tools.released(family, how, failure?.code);
        return Promise.resolve();
      },
    };
  };
  /** A place of the shared order says when it began; here that becomes an epoch of our own. */
  const placed = (lent: LentAnswer, { route, keyed }: Task): Look => {
    if (lent.mark === undefined || lent.frame === undefined) return ABSENT;
    const epoch = sharing.epochAt(lent.mark);
    if (epoch === undefined || epoch < purges.forgottenEpoch()) {
      counts.tooOld += 1;
      return ABSENT;
    }
    const { key, partition } = keyed;
    const read = readFrame(lent.frame, frames, { identity: { key, partition }, epoch });
    if (read.kind === 'absent') {
      countOne(counts.rejected, read.reason);
      return ABSENT;
    }
    const { entry } = read;
    if (entry.route !== route.pattern) return ABSENT;
    Object.assign(entry, { epoch, judgedEpoch: epoch });
    return { kind: 'found', entry };
  };
  /** Waits for what somebody else computes; the word may come any time from now on. */
  const awaited = (family: string, signal: AbortSignal | undefined): Promise<Lead> =>
    new Promise((resolve) => {
      const end = (lead: Lead): void => {
        limit.cancel();
        signal?.removeEventListener('abort', leave);
        waiting.delete(family);
        resolve(lead);
      };
      const leave = (): void => {
        tools.left(family);
        end(ALONE);
      };
      const limit: Timer = clock.after(options.patienceMs, leave);
      signal?.addEventListener('abort', leave, { once: true });
      waiting.set(family, end);
      if (signal?.aborted === true) leave();
    });

  const leadFrom = (family: string, { how, code }: Landing): Lead => {
    if (how === 'lead') return releasing(family);
    if (how === 'stored') return { kind: 'landed' };
    return how === 'failed' ? { kind: 'failed', failure: failureOf(code) } : ALONE;
  };
  const holderOf = (family: string, waitMs: number): Promise<Neighbour | undefined> => {
    const isKnown = known.has(family);
    const holder = known.get(family);
    known.delete(family);
    return isKnown ? Promise.resolve(holder) : tools.where(family, waitMs);
  };
  const asked = async (
    family: string,
    signal: AbortSignal | undefined,
    waitMs: number,
  ): Promise<Lead> => {
    asking.set(family, undefined);
    try {
      const word = await tools.ask(family, waitMs);
      const early = asking.get(family);
      if (word.kind === 'lead') {
        known.set(family, word.holder);
        return releasing(family);
      }
      if (word.kind === 'alone') return ALONE;
      return early === undefined ? await awaited(family, signal) : leadFrom(family, early);
    } catch {
      // The word may still come, and must not keep the others waiting.
      tools.left(family);
      return ALONE;
    } finally {
      asking.delete(family);
    }
  };

  return {
    budgetMs: options.budgetMs,
    covers: ({ route }) => typeof route.cache === 'object',
    mark: () => sharing.mark(),
    async look(task, waitMs) {
      if (sharing.mark() === undefined) return counts.read(FAILED);
      const { keyed, route } = task;
      const beganMs = clock.nowMs();
      try {
        const from = await holderOf(familyOf(task), waitMs);
        if (from === undefined) return counts.read(ABSENT);
        const what = { key: keyed.key, partition: keyed.partition, route: route.pattern };
        const leftMs = Math.max(1, waitMs - (clock.nowMs() - beganMs));
        return counts.read(placed(await tools.borrow(from, what, leftMs), task));
      } catch {
        return counts.read(FAILED);
      }
    },
    keep(entry: Entry, mark) {
      const { route, key, partition } = entry;
      const family = familyOf({ route: { pattern: route }, keyed: { key, partition } } as Task);
      if (mark === undefined || !tools.kept(family)) return Promise.resolve(false);
      counts.written += 1;
      return Promise.resolve(true);
    },
    // Each worker takes away what lies in its own memory.
    forget: () => undefined,
    async lead(task, signal, budgetMs) {
      const family = familyOf(task);
      // A purge has parted this computation from the one that is led: it must not wait for that.
      const isParted = leading.has(family) || waiting.has(family) || asking.has(family);
      const lead = isParted ? ALONE : await asked(family, signal, Math.max(1, budgetMs));
      counts.leads[lead.kind] += 1;
      return lead;
    },
    landed(family, how, code) {
      const end = waiting.get(family);
      if (end !== undefined) end(leadFrom(family, { how, code }));
      else if (asking.has(family)) asking.set(family, { how, code });
      // Nobody waits for it any more: whoever is next may lead.
      else if (how === 'lead') tools.left(family);
    },
    isDown: () => false,
    close: () => Promise.resolve(),
    stats: () => counts.stats(),
  };
}
