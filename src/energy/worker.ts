/** The worker thread: takes one job at a time and hands back the bytes of its answer. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
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

/** One of 19 steps; at this one the thread gets a tenth of what an equal one would. */
const NICE = 10;

/** Where there are fewer cores than threads, whoever serves hits goes before whoever computes. */
function giveWay(): void {
  try {
    // Linux knows this very thread by a number of its own, and ranks threads one by one.
    const [thread = ''] = /\d+$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== '') setPriority(Number(thread), NICE);
  } catch {
    // Elsewhere the system sees to it that everybody gets a turn.
  }
}

const { loaded, shelfBytesMax } = workerData as WorkerData;
const shelf = new BaseShelf(loaded, shelfBytesMax);
giveWay();

export default function run(job: JobMessage): JobResult {
  return work(job, {
    clock: systemClock,
    shelf,
    onProgress: (progress) => parentPort?.postMessage(progress),
  });
}
