/** One attempt at a job: a worker gets it, and what became of it is one of these. */
import type { Clock } from '../clock.js';
import { isResultOf, type EndReason, type Entry } from './crew-job.js';
import type { Threads } from './threads.js';

export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly result: object }
  /** The worker answered, but not this job. */
  | { readonly kind: 'mismatched' }
  | { readonly kind: 'crashed'; readonly thrown: unknown }
  /** The worker was ended from outside. */
  | { readonly kind: EndReason };

/** Ending a job ends its worker: nothing else stops a thread that never comes back to its loop. */
export async function attempt(
  entry: Entry,
  threads: Threads,
  jobMs: number,
  clock: Clock,
): Promise<AttemptOutcome> {
  const jobId = `${entry.id}.${entry.attempt}`;
  const controller = new AbortController();
  let reason: EndReason | undefined;
  const end = (why: EndReason): void => {
    reason ??= why;
    controller.abort();
  };
  entry.end = end;
  const deadline = clock.after(entry.jobMs ?? jobMs, () => {
    end('deadline');
  });
  try {
    const result = await threads.run({ ...entry.message, jobId }, controller.signal);
    return isResultOf(result, jobId) ? { kind: 'answered', result } : { kind: 'mismatched' };
  } catch (thrown) {
    return reason === undefined ? { kind: 'crashed', thrown } : { kind: reason };
  } finally {
    deadline.cancel();
    entry.end = undefined;
  }
}
