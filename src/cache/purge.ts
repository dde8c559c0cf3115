/** Purges: fences in time by tag and pattern, so that they cost nothing for what they spare. */
import type { Clock } from '../clock.js';
import { openBans } from './bans.js';
import { makeOld, pathOf, type Entry } from './entry.js';
import { openFences, type PurgeMode } from './fences.js';
import { openUnderway, type Underway } from './underway.js';

export { EVERYTHING, type PurgeMode } from './fences.js';

/** What is known of an answer, or of the computation that will bring it. */
export interface Subject {
  readonly tags: readonly string[];
  readonly address: string;
  readonly key: string;
}

export type Standing = 'live' | 'stale' | 'deleted';

export interface Purges {
  /** The epoch now; it grows with every purge. */
  epoch(): number;
  purge(tags: readonly string[], mode: PurgeMode): number;
  /** False when the list of patterns is full; then nothing was purged. */
  ban(patterns: readonly string[], mode: PurgeMode): boolean;
  /**
   * Whatever is computing under one of these names began too early to be given to who comes now,
   * or to be stored as fresh. Nothing stored is touched: whoever calls has seen to that himself.
   * At stake are flights, and marks, which a purge ends by the same names.
   */
  fenceFlights(names: readonly string[], mode: PurgeMode, atStake: number): number;
  /** The newest purge that a computation of this subject must have begun after. */
  newestOver(subject: Subject): number;
  /** What purges have made of a stored answer; what they made old is old in its times too. */
  judge(entry: Entry): Standing;
  /** The same for an answer that has just been computed. */
  judgeArrival(entry: Entry): Standing;
  readonly underway: Underway;
  /** Everything stored before this epoch has been judged: patterns that old may be forgotten. */
  forgetBans(upToEpoch: number): void;
  /** From now on answers lie elsewhere too, to be judged when they come: no fence is done. */
  outlast(): void;
  /** Of answers that began before it, what was purged is no longer known in full. */
  forgottenEpoch(): number;
  oldestBan(): number | undefined;
  stats(): PurgeStats;
}

export interface PurgeStats {
  readonly purges: number;
  readonly fences: number;
  readonly fencesMax: number;
  readonly bans: number;
  readonly bansMax: number;
  /** How often an answer was compared with fences, which is once for each answer and purge. */
  readonly judged: number;
  readonly patternsTried: number;
}

/** So much of the list of patterns is kept for answers that lie elsewhere. */
const LASTING_BANS_SHARE = 0.5;

/** The name under which the computations of one key are fenced; no path begins like this. */
export function nameOfKey(key: string): string {
  return `#${key}`;
}

/** A path stands for all hosts, an address for one of them. */
function namesOf({ address, key }: Subject): readonly string[] {
  return [pathOf(address), address, nameOfKey(key)];
}

export function openPurges(fencesMax: number, clock: Clock, bansMax = 1_000): Purges {
  const tagged = openFences(fencesMax);
  const flights = openFences(fencesMax);
  const bans = openBans(bansMax);
  const underway = openUnderway();
  let newestPurge = 0;
  let lasting = false;
  let forgottenEpoch = 0;
  let epoch = 1;
  let purges = 0;
  let judged = 0;

  const next = (mode: PurgeMode) => {
    epoch += 1;
    return { mode, epoch, nowMs: clock.nowMs() };
  };
  const judgeSince = (entry: Entry, since: number): Standing => {
    judged += 1;
    const byTag = tagged.over(entry.tags);
    const byPath = bans.over(pathOf(entry.address), since);
    if (Math.max(byTag.deleted, byPath.deleted) > since) return 'deleted';
    const { staled, staledAtMs } = byTag.staled > byPath.staled ? byTag : byPath;
    if (staled > since) makeOld(entry, staledAtMs);
    entry.judgedEpoch = newestPurge;
    return entry.madeOld ? 'stale' : 'live';
  };
  const judge = (entry: Entry): Standing => {
    // Nothing was purged since it was judged: the common case costs one comparison.
    if (entry.judgedEpoch >= newestPurge) return entry.madeOld ? 'stale' : 'live';
    return judgeSince(entry, entry.judgedEpoch);
  };

  return {
    epoch: () => epoch,
    purge(tags, mode) {
      const moment = next(mode);
      for (const tag of tags) tagged.raise(tag, moment);
      newestPurge = epoch;
      purges += 1;
      return epoch;
    },
    ban(patterns, mode) {
      if (bans.refuses(patterns, mode)) return false;
      const moment = next(mode);
      for (const pattern of patterns) bans.add(pattern, moment);
      newestPurge = epoch;
      purges += 1;
      return true;
    },
    fenceFlights(names, mode, atStake) {
      const moment = next(mode);
      // Nothing computed or remembered is older than the older fences: they have done their work.
      if (atStake === 0 && underway.size() === 0 && !lasting) flights.clear();
      else for (const name of names) flights.raise(name, moment);
      return epoch;
    },
    newestOver(subject) {
      const { deleted, staled } = bans.over(pathOf(subject.address), 0);
      const named = Math.max(tagged.newest(subject.tags), deleted, staled);
      return flights.size() === 0 ? named : Math.max(named, flights.newest(namesOf(subject)));
    },
    judge,
    judgeArrival(entry) {
      const fence = flights.over(namesOf(entry));
      if (fence.deleted > entry.epoch) return 'deleted';
      if (fence.staled > entry.epoch) makeOld(entry, fence.staledAtMs);
      return judge(entry);
    },
    underway,
    outlast() {
      lasting = true;
    },
    forgottenEpoch: () => forgottenEpoch,
    forgetBans(upToEpoch) {
      // What lies elsewhere is judged by them when it comes, as long as there is room for more.
      if (lasting && bans.stats().bans <= bansMax * LASTING_BANS_SHARE) return;
      if (lasting) forgottenEpoch = Math.max(forgottenEpoch, upToEpoch);
      bans.forget(upToEpoch, (matches) => {
        for (const { address } of underway.all()) if (matches(pathOf(address))) return true;
        return false;
      });
    },
    oldestBan: () => bans.oldestEpoch(),
    stats() {
      const { bans: count, matched: patternsTried } = bans.stats();
      const fences = tagged.size();
      return { purges, fences, fencesMax, bans: count, bansMax, judged, patternsTried };
    },
  };
}
