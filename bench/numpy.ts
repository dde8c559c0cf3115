/** NumPy as a contender: a Python process that multiplies when it is told to, on one thread. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

const script = `
import sys, time
import numpy
sizes = {}
for line in sys.stdin:
    n, width, times = map(int, line.split())
    if n not in sizes:
        sizes = {n: (numpy.random.rand(n, n), numpy.random.rand(n, width))}
        sizes[n][0] @ sizes[n][1]
    w, h = sizes[n]
    start = time.process_time()
    for _ in range(times):
        w @ h
    print((time.process_time() - start) * 1000 / times, flush=True)
`;

const describe =
  'import numpy; c = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]; ' +
  'print("NumPy", numpy.__version__, "with", c["name"], c["version"])';

export interface Numpy {
  readonly version: string;
  /** CPU milliseconds for one product. */
  product(size: number, width: number, times: number): Promise<number>;
  close(): void;
}

/** Undefined where Python or NumPy is missing. */
export function openNumpy(): Numpy | undefined {
  const asked = spawnSync('python3', ['-c', describe], { encoding: 'utf8' });
  if (asked.status !== 0) return undefined;
  const child: ChildProcess = spawn('python3', ['-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
  });
  if (child.stdout === null) return undefined;
  const lines: Interface = createInterface(child.stdout);
  return {
    version: asked.stdout.trim(),
    async product(size, width, times) {
      const line = once(lines, 'line');
      child.stdin?.write(`${size} ${width} ${times}\n`);
      return Number((await line)[0]);
    },
    close: () => child.kill(),
  };
}
