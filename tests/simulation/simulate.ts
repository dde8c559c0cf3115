/** Simulates what a seed stands for, and makes a failure as short as it can be. */
import { play } from './acts.js';
import { lawsOfAsking, lawsOfKeeping } from './laws-kept.js';
import { lawsOfQuiet } from './laws-quiet.js';
import { plotOf, type Plot, type Step } from './plot.js';
import { openWorld, type World } from './world.js';

export async function worldOf(plot: Plot): Promise<World> {
  const world = openWorld(plot, { asked: lawsOfAsking, storing: lawsOfKeeping });
  try {
    await play(world);
    lawsOfQuiet(world);
  } finally {
    world.invalidations.close();
  }
  return world;
}

/** Leaves out what is not needed for this law to be broken: halves first, then single steps. */
async function shortened(plot: Plot, law: string): Promise<Plot> {
  let steps = plot.steps;
  const breaks = async (fewer: readonly Step[]): Promise<boolean> => {
    const { wrong } = await worldOf({ ...plot, steps: fewer });
    return wrong.some((one) => one.law === law);
  };
  for (let size = steps.length >> 1; size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let from = 0; from < steps.length;) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (await breaks(fewer)) steps = fewer;
      else from += size;
    }
  }
  for (let nth = 0; nth < steps.length; nth += 1) {
    const calmer = steps.map((step, at) => (at === nth ? { ...step, settled: true } : step));
    if (await breaks(calmer)) steps = calmer;
  }
  return { ...plot, steps };
}

function told(step: Step, nth: number): string {
  const { act, settled, ...rest } = step;
  return `  ${nth + 1}. ${act} ${JSON.stringify(rest)}${settled ? '' : ' (and at once)'}`;
}

/** What a seed breaks, with the shortest way there that was found. */
export async function storyOf(seed: number): Promise<string | undefined> {
  const plot = plotOf(seed);
  const [first] = (await worldOf(plot)).wrong;
  if (first === undefined) return undefined;
  const short = await shortened(plot, first.law);
  const { wrong, origin, purges } = await worldOf(short);
  const routes = short.routes.map((route) => `  ${route.path} ${JSON.stringify(route.cache)}`);
  const calls = origin.calls.map(
    ({ serial, asker, askedMs, endedMs, ending, status }) =>
      `  ${serial}. for ${asker?.id ?? 'nobody'} ` +
      `at ${askedMs} until ${endedMs}: ${ending} ${status}`,
  );
  const { steps, ...world } = short;
  return [
    `seed ${seed}: ${first.law}`,
    `Replay it: node tests/simulation/replay.mjs ${seed}`,
    ...wrong.map(({ law, what }) => `! ${law}: ${what}`),
    ...routes,
    JSON.stringify({ ...world, routes: undefined }),
    `${steps.length} of ${plot.steps.length} steps:`,
    ...steps.map(told),
    'what the upstream was asked:',
    ...calls,
    ...purges.map(({ words, doneMs }) => `  ${words} at ${doneMs}`),
  ].join('\n');
}

export interface Totals {
  seeds: number;
  steps: number;
  answers: number;
  asked: number;
}

/** The first seeds that break a law, and how much was looked at. */
export async function simulate(from: number, count: number): Promise<Totals & { bad: number[] }> {
  const totals = { seeds: 0, steps: 0, answers: 0, asked: 0, bad: [] as number[] };
  for (let seed = from; seed < from + count; seed += 1) {
    const { wrong, plot, asks, origin } = await worldOf(plotOf(seed));
    totals.seeds += 1;
    totals.steps += plot.steps.length;
    totals.answers += asks.length;
    totals.asked += origin.calls.length;
    if (wrong.length > 0) totals.bad.push(seed);
  }
  return totals;
}
