/** Simulations from the command line: one seed with its story, or many with their count. */
import { simulate, storyOf, worldOf } from './simulate.js';
import { plotOf } from './plot.js';

const HELP = `node tests/simulation/replay.mjs <seed>          the story of one seed
node tests/simulation/replay.mjs <from> <count>  many seeds, and the laws that they break
`;

export async function main(args: readonly string[]): Promise<number> {
  const [from = NaN, count] = args.map(Number);
  if (Number.isNaN(from)) {
    process.stdout.write(HELP);
    return 2;
  }
  if (count === undefined) {
    const story = await storyOf(from);
    process.stdout.write(`${story ?? `seed ${from} breaks no law`}\n`);
    return story === undefined ? 0 : 1;
  }
  const { bad, ...totals } = await simulate(from, count);
  const laws = new Map<string, number[]>();
  for (const seed of bad) {
    const [first] = (await worldOf(plotOf(seed))).wrong;
    if (first !== undefined) laws.set(first.law, [...(laws.get(first.law) ?? []), seed]);
  }
  process.stdout.write(`${JSON.stringify(totals)}\n`);
  for (const [law, seeds] of laws) {
    process.stdout.write(
      `${law}: ${seeds.length} seeds, the first ${seeds.slice(0, 8).join(' ')}\n`,
    );
  }
  return bad.length === 0 ? 0 : 1;
}
