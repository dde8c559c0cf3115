/** What energy costs: the product by kernel, the endpoints by the number of agents, memory. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { panelMultiply } from '../src/energy/kernels/panels.js';
import { plainProduct } from '../src/energy/kernels/reference.js';
import { simdAvailable, simdMultiply } from '../src/energy/kernels/simd.js';
import { randomStream } from '../src/energy/model/random.js';
import { recordPair } from '../src/energy/model/pairs.js';
import { baseBytes } from '../src/energy/state/base.js';
import { DIMENSIONS, PAIRS_MAX, type Ledger } from '../src/energy/state/ledger.js';
import { JobBench } from './energy-job.js';
import { openNumpy } from './numpy.js';
import { median, table } from './table.js';

const SIZES = [128, 256, 512, 1024, 2048, 4096];
const ROUNDS = 5;
/** Short work is repeated until it fills this much of the clock of CPU time. */
const ROUND_MS = 60;

/** CPU time of this process, which a noisy neighbour disturbs less than the time on the wall. */
function cpuMs(run: () => void, times = 1): number {
  const start = process.cpuUsage();
  for (let at = 0; at < times; at += 1) run();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1000 / times;
}

interface Contender {
  readonly name: string;
  readonly measure: (size: number, times: number) => Promise<number> | number;
}

function numbers(length: number): Float64Array {
  const random = randomStream(1, 'bench');
  return Float64Array.from({ length }, () => random.uniform());
}

async function products(sizes: readonly number[]): Promise<void> {
  const numpy = openNumpy();
  let matrix = numbers(0);
  let rows = numbers(0);
  const shape = (size: number) => ({ rows: size, inner: size, columns: DIMENSIONS });
  const kernels: Contender[] = [
    {
      name: 'plain loop',
      measure: (size, times) => cpuMs(() => plainProduct(matrix, rows, size, DIMENSIONS), times),
    },
    {
      name: 'panels',
      measure: (size, times) => cpuMs(() => panelMultiply(matrix, rows, shape(size)), times),
    },
    {
      name: 'SIMD',
      measure: (size, times) => cpuMs(() => simdMultiply(matrix, rows, shape(size)), times),
    },
  ];
  const ours = kernels.filter(({ name }) => name !== 'SIMD' || simdAvailable());
  const measure = (size: number, times: number): Promise<number> =>
    numpy?.product(size, DIMENSIONS, times) ?? Promise.resolve(NaN);
  const contenders = numpy === undefined ? ours : [...ours, { name: 'NumPy', measure }];
  const lines: string[][] = [];
  for (const size of sizes) {
    matrix = numbers(size * size);
    rows = numbers(size * DIMENSIONS);
    lines.push(await line(size, contenders));
  }
  numpy?.close();
  const names = contenders.map(({ name }) => `${name} ms`);
  process.stdout.write(`W·H, D = ${DIMENSIONS}, CPU ms on one thread, median of ${ROUNDS} rounds`);
  process.stdout.write(numpy === undefined ? ' (no NumPy here)\n' : `; ${numpy.version}\n`);
  process.stdout.write(`${table(['N', ...names, 'plain / best of ours'], lines)}\n\n`);
}

async function line(size: number, contenders: readonly Contender[]): Promise<string[]> {
  const times: number[] = [];
  for (const { measure } of contenders) {
    const firstMs = await measure(size, 1);
    times.push(Math.max(1, Math.ceil(ROUND_MS / Math.max(firstMs, 0.01))));
  }
  const measured = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = contenders.map((contender, at) => ({ contender, at }));
    if (round % 2 === 1) order.reverse();
    for (const { contender, at } of order) {
      measured[at]?.push(await contender.measure(size, times[at] ?? 1));
    }
  }
  const medians = measured.map(median);
  const [plain = 0, ...others] = medians.slice(0, simdAvailable() ? 3 : 2);
  const gain = (plain / Math.min(...others)).toFixed(1);
  return [String(size), ...medians.map((ms) => ms.toFixed(2)), gain];
}

/** Ten pairs and ten agents, as a busy minute may bring them. */
function tenPairs(ledger: Ledger): void {
  for (let at = 0; at < 10; at += 1) recordPair(ledger.pairs, at, at + 20, true, PAIRS_MAX);
}

function tenMoved(ledger: Ledger): void {
  for (let at = 0; at < 10; at += 1) ledger.moved.set(at, numbers(DIMENSIONS));
}

function endpoints(sizes: readonly number[]): void {
  // So that the first row does not pay for what the compiler learns.
  for (let at = 0; at < 5; at += 1) {
    const warm = new JobBench(256);
    warm.run({ kind: 'monitor' }, tenMoved);
    warm.run({ kind: 'calibrate', tasks: 10, swarm: true, applied: false });
  }
  const lines = sizes.map((size) => {
    const cold = median(
      Array.from({ length: 3 }, () => cpuMs(() => new JobBench(size).run({ kind: 'gradient' }))),
    );
    const bench = new JobBench(size);
    bench.run({ kind: 'gradient' });
    const rounds = (run: () => void): number =>
      median(Array.from({ length: ROUNDS }, () => cpuMs(run)));
    const calibrate = { kind: 'calibrate', tasks: 10, swarm: true, applied: false } as const;
    return [
      cold,
      rounds(() => bench.run({ kind: 'gradient' })),
      rounds(() => bench.run({ kind: 'gradient' }, tenPairs)),
      rounds(() => bench.run({ kind: 'gradient' }, tenMoved)),
      rounds(() => bench.run({ kind: 'monitor' })),
      rounds(() => bench.run(calibrate)),
    ].map((ms) => ms.toFixed(1));
  });
  const head = [
    ...['N', 'gradient, first', 'again', '10 pairs changed', '10 agents moved'],
    ...['monitor', 'calibrate'],
  ];
  process.stdout.write('One computation in a worker, CPU ms (the first one builds the state)\n');
  process.stdout.write(
    `${table(
      head,
      lines.map((row, at) => [sizes[at] ?? 0, ...row]),
    )}\n\n`,
  );
}

function memory(sizes: readonly number[]): void {
  const file = fileURLToPath(new URL('./energy-memory.js', import.meta.url));
  const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);
  const lines = sizes.map((size) => {
    const child = spawnSync(process.execPath, [file, String(size)], { encoding: 'utf8' });
    const [gradient = 0, calibrate = 0] = JSON.parse(child.stdout) as number[];
    return [size, mebibytes(baseBytes(size)), mebibytes(gradient), mebibytes(calibrate)];
  });
  const head = ['N', 'kept for the state', 'peak of a gradient', 'peak of a calibration'];
  process.stdout.write('Memory of one worker, MiB (peaks: growth of the process, measured)\n');
  process.stdout.write(`${table(head, lines)}\n`);
}

/** `npm run bench -- energy [N …]` */
export async function energy(args: readonly string[]): Promise<void> {
  const sizes = args.length === 0 ? SIZES : args.map(Number);
  await products(sizes);
  endpoints(sizes);
  memory(sizes);
}
