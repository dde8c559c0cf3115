/** One direction of a proxied connection: keeps the order of bytes and a ceiling on what waits. */
import type { Socket } from 'node:net';

export type Send = (bytes: Buffer) => Promise<void>;
export type Job = (send: Send) => Promise<void> | void;

export interface OneWay {
  /** Runs after all earlier jobs. `heldBytes` count as waiting until it has ended. */
  readonly queue: (heldBytes: number, job: Job) => void;
}

export interface OneWayOptions {
  readonly waitingBytesMax: number;
  readonly count: (sentBytes: number) => void;
}

/** The source is not read while more than `waitingBytesMax` wait on their way to the sink. */
export function oneWay(source: Socket, sink: Socket, options: OneWayOptions): OneWay {
  // One chain, because a later chunk, or the end, must not overtake a delayed one.
  let chain = Promise.resolve();
  let waitingBytes = 0;

  async function send(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || !sink.writable) return;
    options.count(bytes.length);
    if (!sink.write(bytes)) await drained(sink);
  }

  async function run(job: Job, heldBytes: number): Promise<void> {
    try {
      if (!sink.destroyed) await job(send);
    } catch {
      // A wait that ended because the proxy was closed: nothing is left to do.
    } finally {
      waitingBytes -= heldBytes;
      if (waitingBytes <= options.waitingBytesMax) source.resume();
    }
  }

  return {
    queue(heldBytes, job) {
      waitingBytes += heldBytes;
      if (waitingBytes > options.waitingBytesMax) source.pause();
      chain = chain.then(() => run(job, heldBytes));
    },
  };
}

function drained(sink: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done);
      sink.off('close', done);
      resolve();
    };
    sink.on('drain', done);
    sink.on('close', done);
  });
}
