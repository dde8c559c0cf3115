/** Stray replies: what comes when nothing was asked ends the connection, and never the process. */
import { Command, type Redis } from 'ioredis';

interface Insides {
  readonly commandQueue: { shift: () => unknown };
  /** Called when a connection opens: another queue stands there from then on. */
  resetCommandQueue: () => void;
  /** Takes commands out until there are none. */
  flushQueue: (...words: readonly unknown[]) => void;
}

/**
 * The library has no command for such a reply and reports an error that quotes it. Where the reply
 * is null, quoting it throws, outside of everything that could catch it. So it gets a command.
 */
export function heedStrays(client: Redis): void {
  const insides = client as unknown as Insides;
  const reset = insides.resetCommandQueue.bind(client);
  const flush = insides.flushQueue.bind(client);
  let isFlushing = false;
  const heard = (): void => {
    client.emit('error', new Error('Command queue state error.'));
  };
  const stray = (): unknown => {
    const command = new Command('ping', [], { replyEncoding: null });
    command.isTraced = true;
    command.resolve = heard;
    command.reject = heard;
    return { command };
  };
  insides.resetCommandQueue = () => {
    reset();
    const queue = insides.commandQueue;
    const shift = queue.shift.bind(queue);
    queue.shift = () => shift() ?? (isFlushing ? undefined : stray());
  };
  insides.flushQueue = (...words) => {
    isFlushing = true;
    try {
      flush(...words);
    } finally {
      isFlushing = false;
    }
  };
}
