/** The benchmarks by name; each prints a table with the command, the versions and the machine. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { energy } from './energy.js';
import { energyHits } from './energy-hits.js';
import { hits } from './hits.js';
import { redis } from './redis.js';
import { scrapes as scrape } from './scrape.js';
import { stampedes as stampede } from './stampede.js';
import { store } from './store.js';
import { workers } from './workers.js';

type Benchmark = (args: readonly string[]) => Promise<void>;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  hits,
  energy,
  'energy-hits': energyHits,
  redis,
  scrape,
  stampede,
  store,
  workers,
};

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'not in a git checkout';
  }
}

/** Runs the named benchmarks, or all of them; resolves with the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  const wanted = name === undefined ? Object.keys(benchmarks) : [name];
  const [cpu] = cpus();
  for (const each of wanted) {
    const benchmark = benchmarks[each];
    if (benchmark === undefined) {
      process.stderr.write(
        `There is no benchmark ${each}; there are: ${Object.keys(benchmarks).join(', ')}.\n`,
      );
      return 1;
    }
    const machine = `${cpus().length} × ${cpu?.model ?? 'unknown'}`;
    process.stdout.write(
      `\nnpm run bench -- ${[each, ...args].join(' ')}\n` +
        `node ${process.versions.node}, commit ${commit()}, ${machine}\n\n`,
    );
    await benchmark(args);
  }
  return 0;
}
