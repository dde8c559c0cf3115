/** Leads: one computation for all workers, who waits for it, and who holds what has landed. */
import type { FailureCode } from '../../errors.js';
import type { LandedHow } from './words.js';

export interface LeadsOptions {
  /** Computations that are led at once; further ones go on alone. */
  readonly leadsMax: number;
  /** Workers' questions that may wait for one. */
  readonly waitersMax: number;
  /** Answers of which it is remembered who holds them. */
  readonly holdersMax: number;
}

export interface LeadsTools {
  readonly tell: (worker: number, family: string, how: LandedHow, code?: FailureCode) => void;
}

export interface Leads {
  ask(worker: number, family: string): 'lead' | 'wait' | 'alone';
  release(
    worker: number,
    family: string,
    how: Exclude<LandedHow, 'lead'>,
    code: FailureCode | undefined,
  ): void;
  /** It waits for that no longer. */
  leave(worker: number, family: string): void;
  kept(worker: number, family: string): void;
  /** Who holds it; never the one who asks. */
  holder(worker: number, family: string): number | undefined;
  /** A worker has ended, or does not answer: the next in line leads what it led. */
  gone(worker: number): void;
  stats(): LeadsStats;
}

export interface LeadsStats {
  readonly held: number;
  readonly waiting: number;
  readonly holders: number;
  readonly taken: number;
  readonly waited: number;
  readonly passedOn: number;
}

interface Lead {
  leader: number;
  readonly waiting: Set<number>;
}

export function openLeads(options: LeadsOptions, { tell }: LeadsTools): Leads {
  const leads = new Map<string, Lead>();
  const holders = new Map<string, number>();
  let waiting = 0;
  let taken = 0;
  let waited = 0;
  let passedOn = 0;

  const stopWaiting = (lead: Lead, worker: number): boolean => {
    const was = lead.waiting.delete(worker);
    if (was) waiting -= 1;
    return was;
  };
  const passOn = (family: string, lead: Lead): void => {
    const [next] = lead.waiting;
    if (next === undefined) {
      leads.delete(family);
      return;
    }
    stopWaiting(lead, next);
    lead.leader = next;
    passedOn += 1;
    tell(next, family, 'lead');
  };
  return {
    ask(worker, family) {
      const lead = leads.get(family);
      if (lead === undefined) {
        if (leads.size >= options.leadsMax) return 'alone';
        leads.set(family, { leader: worker, waiting: new Set() });
        taken += 1;
        return 'lead';
      }
      // A worker has one flight for a key; a second one was parted from it by a purge.
      const isKnown = lead.leader === worker || lead.waiting.has(worker);
      if (isKnown || waiting >= options.waitersMax) return 'alone';
      lead.waiting.add(worker);
      waiting += 1;
      waited += 1;
      return 'wait';
    },
    release(worker, family, how, code) {
      const lead = leads.get(family);
      if (lead?.leader !== worker) return;
      leads.delete(family);
      waiting -= lead.waiting.size;
      for (const one of lead.waiting) tell(one, family, how, code);
    },
    leave(worker, family) {
      const lead = leads.get(family);
      if (lead === undefined) return;
      if (lead.leader === worker) passOn(family, lead);
      else stopWaiting(lead, worker);
    },
    kept(worker, family) {
      holders.delete(family);
      holders.set(family, worker);
      const [oldest] = holders.keys();
      if (holders.size > options.holdersMax && oldest !== undefined) holders.delete(oldest);
    },
    holder(worker, family) {
      const one = holders.get(family);
      return one === worker ? undefined : one;
    },
    gone(worker) {
      for (const [family, lead] of [...leads]) {
        // One that only hangs must not wait for a word that has passed it by.
        if (stopWaiting(lead, worker)) tell(worker, family, 'not-stored');
        if (lead.leader === worker) passOn(family, lead);
      }
    },
    stats: () => ({
      ...{ held: leads.size, waiting, holders: holders.size, taken, waited, passedOn },
    }),
  };
}
