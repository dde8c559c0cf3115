/** Reads server-sent events off a stream, one by one, as a browser would. */
import type { Readable } from 'node:stream';

export interface ProgressEvent {
  readonly id: string;
  readonly state: string;
  readonly done: number;
  readonly total: number;
  readonly applied: boolean;
  readonly state_version: number;
  readonly started_at: number;
}

export interface Events {
  /** Everything so far, comments included. */
  readonly text: () => string;
  readonly all: () => readonly ProgressEvent[];
  /** Waits until the text holds this; rejects when the stream ends before. */
  said(pattern: RegExp): Promise<void>;
  /** Resolves with how the stream came to its end. */
  readonly ended: Promise<'ended' | 'broken'>;
}

export function eventsOf(stream: Readable): Events {
  let text = '';
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  let isOver = false;
  const ended = new Promise<'ended' | 'broken'>((resolve) => {
    stream.on('error', () => undefined);
    stream.once('end', () => {
      resolve('ended');
    });
    stream.once('close', () => {
      isOver = true;
      look();
      resolve('broken');
    });
  });
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    look();
  });
  return {
    text: () => text,
    all: () =>
      [...text.matchAll(/^event: progress\ndata: (.+)\n\n/gm)].map(
        ([, data = '']) => JSON.parse(data) as ProgressEvent,
      ),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const watcher = (): void => {
          if (!pattern.test(text) && !isOver) return;
          watchers.delete(watcher);
          if (pattern.test(text)) resolve();
          else reject(new Error(`it ended and never said ${pattern.source}: ${text}`));
        };
        watchers.add(watcher);
        watcher();
      }),
    ended,
  };
}
