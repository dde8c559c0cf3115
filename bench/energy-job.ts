/** Runs jobs of the energy service in this process, without threads: the sums are measured. */
import { serialize } from 'node:v8';
import { systemClock } from '../src/clock.js';
import { BaseShelf } from '../src/energy/base-shelf.js';
import { work } from '../src/energy/desk.js';
import type { JobRequest, JobResult } from '../src/energy/job.js';
import { seededLedger, type Ledger } from '../src/energy/state/ledger.js';

export const SEED = 42;

export class JobBench {
  readonly #shelf = new BaseShelf(undefined, 2 ** 40);
  readonly #agents: number;

  constructor(agents: number) {
    this.#agents = agents;
  }

  /** A fresh ledger of the seed, changed as the benchmark wants it. */
  run(request: JobRequest, change: (ledger: Ledger) => void = () => undefined): JobResult {
    const ledger = seededLedger(SEED, this.#agents);
    change(ledger);
    const bytes = serialize(ledger);
    const shared = new SharedArrayBuffer(bytes.byteLength);
    new Uint8Array(shared).set(bytes);
    return work(
      {
        jobId: 'bench',
        request,
        parameters: { agents: this.#agents, seed: SEED, limit: 5, offset: 0 },
        version: 1,
        ledger: shared,
        source: 'seed',
        wallMs: 0,
        changedAtMs: 0,
      },
      { clock: systemClock, shelf: this.#shelf, onProgress: () => undefined },
    );
  }
}
