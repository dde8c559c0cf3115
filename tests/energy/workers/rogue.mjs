/** A worker that does to its crew whatever a job tells it to: crash, hang, eat memory, lie. */
import { parentPort } from 'node:worker_threads';

const acts = {
  answer: () => undefined,
  throw: () => {
    throw new Error('as told');
  },
  exit: () => process.exit(3),
  spin: () => {
    for (;;);
  },
  // Hangs without burning a core that the other jobs of a test need.
  hang: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  heap: () => {
    const kept = [];
    for (;;) kept.push({ at: kept.length, more: [kept.length] });
  },
  buffers: () => {
    const kept = [];
    // An end of its own, so that a broken guard fails the test and not the machine.
    while (kept.length < 96) kept.push(Buffer.alloc(32 * 1024 * 1024).fill(1));
    throw new Error('nobody stopped this');
  },
};

export default function run(job) {
  parentPort.postMessage({ jobId: job.jobId, done: 1, total: 2 });
  const first = job.jobId.endsWith('.1');
  if (!job.once || first) acts[job.act]();
  return { jobId: job.lie ?? job.jobId, user: job.user, env: Object.keys(process.env).length };
}
