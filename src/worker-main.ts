/** The entry of a worker process: it waits for its word to begin, and goes when it is told to. */
import { systemClock } from './clock.js';
import { describeThrown, OperatorError } from './errors.js';
import { watchLifecycle, type Process } from './lifecycle.js';
import type { Log } from './log.js';
import { openLine, type Line } from './server/workers/line.js';
import type { Sharing } from './server/workers/sharing.js';
import type { AskWorker, ToPrimary, ToWorker } from './server/workers/words.js';
import { wholeLines } from './worker-lines.js';
import { startWorker, type Begin, type Worker } from './worker-start.js';
import { keepingMs } from './kept.js';
import type { Settings } from '../config/settings.js';

const ASKS_MAX = 10_000;
const LEAVE_MS = 2000;

/** Before the log is open there is nobody to tell; the primary says what became of us. */
const quiet: Pick<Log, 'error' | 'warn'> = { error: () => undefined, warn: () => undefined };

const tell = (word: ToPrimary): boolean => line.tell(word);
const running: {
  worker?: Worker;
  sharing?: Sharing;
  stop?: (energyVersion: number) => void;
  /** Settings that came before there was anybody to apply them. */
  next?: Settings;
} = {};

/** Signals are for the primary: it gets each of them too, and tells us what to do. */
const signals = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
for (const signal of signals) process.on(signal, () => undefined);

const faultsOnly: Process = {
  on(event, listener) {
    if (!signals.has(event)) process.on(event, listener);
  },
  exit: (code) => process.exit(code),
};

function leave(code: number): void {
  // Whoever disconnects is ended by node:cluster, with 0 unless somebody says otherwise here.
  process.once('exit', () => {
    process.exitCode = code;
  });
  process.disconnect();
  // What still holds the loop then would hold it for ever.
  systemClock.after(LEAVE_MS, () => process.exit(code));
}

async function begin(word: Begin): Promise<void> {
  const tools = {
    ...{ line, clock: systemClock, logSink: wholeLines(process.stderr) },
    joining(sharing: Sharing) {
      running.sharing = sharing;
    },
  };
  let worker: Worker;
  try {
    worker = await startWorker(word, tools);
  } catch (thrown) {
    const isPlain = thrown instanceof OperatorError;
    const about = isPlain ? thrown.message : Object.values(describeThrown(thrown)).join(' ');
    tell({ kind: 'failed', sentence: isPlain ? about : `A worker could not start (${about}).` });
    leave(1);
    return;
  }
  const { drain, preStop } = word.settings.server;
  let energyVersion = word.energyVersion;
  const lifecycle = watchLifecycle({
    ...{ process: faultsOnly, clock: systemClock, log: worker.log },
    limitMs: drain + preStop + keepingMs(word.settings),
    shutDown: (isSound) => worker.close(isSound, energyVersion),
  });
  running.stop = (version) => {
    energyVersion = version;
    lifecycle.stop();
  };
  running.worker = worker;
  if (running.next !== undefined) worker.apply(running.next);
  const { address, port, door } = worker;
  tell({ kind: 'ready', address, port, door });
  leave(await lifecycle.done);
}

function told(word: ToWorker): void {
  const { worker } = running;
  switch (word.kind) {
    case 'begin':
      begin(word.begin as Begin).catch((thrown: unknown) => {
        const about = Object.values(describeThrown(thrown)).join(' ');
        tell({ kind: 'failed', sentence: `A worker could not start (${about}).` });
        leave(1);
      });
      return;
    case 'level':
      worker?.log.setLevel(word.level);
      return;
    case 'landed':
      worker?.neighbours?.landed(word.family, word.how, word.code);
      return;
    case 'drain':
      if (running.stop === undefined) leave(0);
      else running.stop(word.energyVersion);
  }
}

function asked(word: AskWorker): unknown {
  const { worker, sharing } = running;
  if (word.kind === 'act' && sharing !== undefined) return sharing.carryOut(word.placed);
  if (word.kind === 'apply' && worker === undefined) {
    running.next = word.settings as Settings;
    return true;
  }
  if (worker === undefined || word.kind === 'act') throw new Error('Asked before it has begun.');
  switch (word.kind) {
    case 'count':
      return worker.counts.count(word.sights);
    case 'apply':
      worker.apply(word.settings as Settings);
      return true;
    case 'reach':
      return worker.reach(word.id, word.wait);
  }
}

const line: Line = openLine(
  {
    send: (message) => process.send?.(message) ?? false,
    onMessage(listener) {
      process.on('message', listener);
    },
  },
  { asksMax: ASKS_MAX },
  {
    onTold: (word) => {
      told(word as ToWorker);
    },
    onAsked: (word) => asked(word as AskWorker),
  },
  { clock: systemClock, log: quiet },
);
tell({ kind: 'hello' });
