/** The worker thread: takes one job at a time and hands back the bytes of its answer. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { BaseShelf } from './base-shelf.js';
import { work } from './desk.js';
import type { JobMessage, JobResult } from './job.js';
import type { Base } from './state/base.js';

export interface WorkerData {
  readonly loaded: Base | undefined;
  readonly shelfBytesMax: number;
}

const { loaded, shelfBytesMax } = workerData as WorkerData;
const shelf = new BaseShelf(loaded, shelfBytesMax);

export default function run(job: JobMessage): JobResult {
  return work(job, {
    clock: systemClock,
    shelf,
    onProgress: (progress) => parentPort?.postMessage(progress),
  });
}
