/** The laws of quiet: when everything has ended nothing is left over, and the numbers agree. */
import type { RouteTally } from '../../src/cache/tally.js';
import { DEADLINE_MS, STREAM_MS } from './origin.js';
import type { World } from './world.js';

const sum = (of: ReadonlyMap<unknown, number>): number =>
  [...of.values()].reduce((a, b) => a + b, 0);
const CLOSE_MS = 0.001;

function nobodyWaits(world: World, complain: (law: string, what: string) => void): void {
  const { budget, asks, plot } = world;
  // A caller boards four times at most and then asks for himself; each may queue before.
  const boundMs = 5 * (plot.budget.waitMs + DEADLINE_MS + STREAM_MS);
  for (const ask of asks) {
    if (ask.endedMs === undefined) complain('every caller is answered', ask.id);
    else if (ask.endedMs - ask.askedMs > boundMs)
      complain('every caller is answered in time', ask.id);
  }
  const { flights, purges, store } = world.rooms;
  const { inFlight, waiting } = flights.stats();
  const left = {
    flights: inFlight,
    waiters: waiting,
    underway: purges.underway.size(),
    timers: world.clock.pending(),
    open: world.origin.calls.filter(({ ending }) => ending === 'open').length,
  };
  for (const [name, count] of Object.entries(left)) {
    if (count !== 0) complain('nothing is left over', `${count} ${name}`);
  }
  for (const { running, waiting: queued, peak, max } of Object.values(budget.stats())) {
    if (running + queued !== 0)
      complain('nothing is left over', `${running} + ${queued} in budget`);
    if (peak > max) complain('the budget is kept', `${peak} of ${max}`);
  }
  const { marks, marksMax } = world.rooms.marks.stats();
  if (marks > marksMax) complain('everything has a ceiling', `${marks} marks`);
  const { fences, fencesMax } = purges.stats();
  if (fences > fencesMax + 1) complain('everything has a ceiling', `${fences} fences`);
  const stats = store.stats();
  // What could not be taken away is hidden by the guard, and lies there until it gives way.
  const entries = world.memory.entries();
  let charged = 0;
  for (let one = entries.next(); one.done !== true; one = entries.next()) {
    charged += one.value.chargedBytes;
    if (!world.memory.keysAt(one.value.address).includes(one.value.key)) {
      complain('what is stored is found by its address', one.value.address);
    }
  }
  if (charged !== stats.bytes) complain('bytes are charged once', `${stats.bytes}, not ${charged}`);
  if (stats.bytes > stats.bytesMax || stats.entries > stats.entriesMax) {
    complain('everything has a ceiling', `${stats.entries} answers of ${stats.bytes} bytes`);
  }
}

function numbersOf(tally: RouteTally, asked: number, say: (what: string) => void): void {
  const { hits, misses, stale, negative, missed, bypassed, coalesced } = tally;
  if (hits + misses + sum(bypassed) !== asked) say(`${hits} + ${misses} of ${asked} requests`);
  if (sum(missed) !== misses) say('misses by what was missed');
  if (stale + negative > hits) say('stale and negative among the hits');
  if (coalesced > misses) say('coalesced among the misses');
  const behindMs = sum(tally.refreshMs);
  if (Math.abs(behindMs - tally.computeBehindMs) > CLOSE_MS)
    say('seconds behind by what began them');
  if (tally.computeBehindMs > tally.computeSpentMs + CLOSE_MS) say('seconds behind among all');
  if (sum(tally.unusedMs) > tally.computeBehindMs + CLOSE_MS) say('unused among those behind');
  if (tally.refreshesFailed > sum(tally.refreshed)) say('failed among the refreshes');
}

export function lawsOfQuiet(world: World): void {
  const complain = (law: string, what: string): void => {
    world.wrong.push({ law, what });
  };
  nobodyWaits(world, complain);
  for (const tally of world.rooms.tallies.all()) {
    const asked = world.asks.filter(({ question }) => question.path === tally.route).length;
    numbersOf(tally, asked, (what) => {
      complain('the numbers agree', `${tally.route}: ${what}`);
    });
  }
}
