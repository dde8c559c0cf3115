/** Prints how much the process grows by one gradient and one calibration; a process for each N. */
import { readFileSync } from 'node:fs';
import { JobBench } from './energy-job.js';

const agents = Number(process.argv[2]);
/** The high-water mark of this process image; getrusage would show that of the parent too. */
const peak = (): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

const before = peak();
const bench = new JobBench(agents);
bench.run({ kind: 'gradient' });
const afterGradient = peak();
bench.run({ kind: 'calibrate', tasks: 10, swarm: true, applied: false });
process.stdout.write(JSON.stringify([afterGradient - before, peak() - before]));
