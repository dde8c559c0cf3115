/** The log: what a room may say, and the id of the request that is being handled meanwhile. */
import { AsyncLocalStorage } from 'node:async_hooks';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Fields are plain values: an error object never goes in (see `describeThrown`). */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  /** One answered request; gathered and written in batches, dropped and counted when too many. */
  access(fields: LogFields): void;
  level(): LogLevel;
  setLevel(level: LogLevel): void;
  /** Lines that were dropped because the batch was full. */
  dropped(): number;
  close(): Promise<void>;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** One line for every answered request. */
  readonly access: boolean;
  /** Lines that may wait for the next write. */
  readonly batchLinesMax: number;
  readonly flushMs: number;
  readonly sink: NodeJS.WritableStream;
}

const requests = new AsyncLocalStorage<string>();

/** Requests and computations that are under way and may have something to say. */
let underway = 0;

/**
 * While ids are carried along, Node pays for each timer, write and promise; so they are only while
 * somebody could speak, and hits of the fast lane, which name their id themselves, cost what they
 * did before.
 */
function ended(): void {
  underway -= 1;
  if (underway > 0) return;
  // Whoever waited for it speaks in this turn, of its failure for one.
  setImmediate(() => {
    if (underway === 0) requests.disable();
  });
}

/** What a request ends with. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
}

/** Whatever is said while `action` runs, and in all that it sets going, carries this id. */
export function inRequest(id: string, response: Closing, action: () => void): void {
  underway += 1;
  response.once('close', ended);
  requests.run(id, action);
}

/** Work that may outlive the request that began it, and keeps its id. */
export async function whileWorking<T>(work: () => Promise<T>): Promise<T> {
  underway += 1;
  try {
    return await work();
  } finally {
    ended();
  }
}

/** For what only happens to begin while a request is handled, and serves all of them. */
export function outsideRequests<T>(action: () => T): T {
  return requests.exit(action);
}

export function currentRequest(): string | undefined {
  return requests.getStore();
}
