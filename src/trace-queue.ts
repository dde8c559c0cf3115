/** The queue of ended spans: bounded, sent in batches one after another, never waited for. */
import type { Clock, Timer } from './clock.js';
import { describeThrown } from './errors.js';
import { outsideRequests, type Log } from './log.js';
import type { SpanRecord } from './trace-spans.js';

export interface SpanQueueOptions {
  /** Spans that may wait; one more is dropped and counted. */
  readonly queueMax: number;
  readonly flushMs: number;
  /** The longest that one batch may take. */
  readonly timeoutMs: number;
}

/** Whatever takes the spans away. */
export interface SpanExporter {
  /** Rejects when the batch did not arrive. */
  send(batch: readonly SpanRecord[]): Promise<void>;
  close(): void;
}

export interface TraceStats {
  readonly waiting: number;
  readonly queueMax: number;
  readonly exported: number;
  /** For which there was no room. */
  readonly dropped: number;
  /** That were sent and did not arrive. */
  readonly failed: number;
}

export interface SpanQueue {
  readonly add: (span: SpanRecord) => void;
  readonly stats: () => TraceStats;
  /** Sends what is left, for so long at most. */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/** Making its JSON is the only work in one piece: a millisecond or so. */
const BATCH_MAX = 256;

export function openSpanQueue(
  options: SpanQueueOptions,
  { clock, log, exporter }: { clock: Clock; log: Log; exporter: SpanExporter },
): SpanQueue {
  const { queueMax, flushMs, timeoutMs } = options;
  const waiting: SpanRecord[] = [];
  let timer: Timer | undefined;
  let sending: Promise<void> | undefined;
  let isDown: boolean | undefined;
  let [exported, dropped, failed] = [0, 0, 0];

  const within = (work: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const limit = clock.after(timeoutMs, () => {
        reject(new Error('The collector took too long.'));
      });
      work.then(resolve, reject).finally(() => {
        limit.cancel();
      });
    });
  const sendOne = async (): Promise<void> => {
    const batch = waiting.splice(0, BATCH_MAX);
    try {
      await within(exporter.send(batch));
      exported += batch.length;
      if (isDown === true) log.info('traces_arrive');
      isDown = false;
    } catch (thrown) {
      failed += batch.length;
      if (isDown !== true) log.warn('traces_lost', describeThrown(thrown));
      isDown = true;
    }
  };
  const flush = (): void => {
    timer?.cancel();
    timer = undefined;
    if (waiting.length === 0 || sending !== undefined) return;
    // It carries the spans of all, and its lines are about none of their requests.
    sending = outsideRequests(sendOne).finally(() => {
      sending = undefined;
      if (waiting.length >= BATCH_MAX) flush();
      else if (waiting.length > 0) arm();
    });
  };
  const arm = (): void => {
    timer ??= outsideRequests(() => clock.after(flushMs, flush));
  };

  return {
    add(span) {
      if (waiting.length >= queueMax) {
        dropped += 1;
        return;
      }
      waiting.push(span);
      if (waiting.length >= BATCH_MAX && sending === undefined) flush();
      else arm();
    },
    stats: () => ({ waiting: waiting.length, queueMax, exported, dropped, failed }),
    async close(deadlineMs) {
      let isOver = false;
      const drained = async (): Promise<void> => {
        while (!isOver && (sending !== undefined || waiting.length > 0)) {
          flush();
          await sending;
        }
      };
      await new Promise<void>((resolve) => {
        const limit = clock.after(deadlineMs, resolve);
        void drained().finally(() => {
          limit.cancel();
          resolve();
        });
      });
      isOver = true;
      timer?.cancel();
      dropped += waiting.splice(0).length;
      exporter.close();
    },
  };
}
