/** Use: whether what was computed for nobody's request was of use to anybody in the end. */
import type { Entry } from './entry.js';
import { addTo, type Tallies } from './tally.js';

/** Called when an answer goes, or can no longer go out; nothing is counted twice. */
export function settleUse(tallies: Pick<Tallies, 'of'>, entry: Entry): void {
  const { behind } = entry;
  if (behind === undefined) return;
  entry.behind = undefined;
  if (entry.hits > entry.hitsBefore) return;
  addTo(tallies.of(entry.route).unusedMs, behind.trigger, behind.spentMs);
}
