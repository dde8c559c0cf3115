/** A line between two processes: what is told, what is asked, and until when an answer counts. */
import type { Clock, Timer } from '../../clock.js';
import { describeThrown } from '../../errors.js';
import type { Log } from '../../log.js';

/** What carries messages: a child process seen from its parent, or the other way round. */
export interface Wire {
  /** False, or a throw, when it cannot take any more. */
  send(message: unknown): boolean;
  onMessage(listener: (message: unknown) => void): void;
}

/** The other side did not answer: it is busy, stopped, or gone. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

export interface LineOptions {
  /** Questions that may be open at once. */
  readonly asksMax: number;
}

export interface LineHandlers {
  onTold(word: unknown): void;
  /** What it throws is told to nobody but the log; the asker hears silence. */
  onAsked(word: unknown): unknown;
}

export interface LineTools {
  readonly clock: Clock;
  readonly log: Pick<Log, 'error' | 'warn'>;
}

export interface Line {
  /** False when it could not be sent. */
  tell(word: unknown): boolean;
  /** Rejects with `Silence` when no answer has come by then. */
  ask(word: unknown, waitMs: number): Promise<unknown>;
  /** Nobody is there any more: who waits learns it at once. */
  end(): void;
  stats(): { readonly asking: number; readonly asksMax: number; readonly unsent: number };
}

type Envelope =
  | { readonly line: 'told'; readonly word: unknown }
  | { readonly line: 'asked'; readonly nth: number; readonly word: unknown }
  | { readonly line: 'answered'; readonly nth: number; readonly word: unknown };

function isEnvelope(message: unknown): message is Envelope {
  return typeof message === 'object' && message !== null && 'line' in message && 'word' in message;
}

interface Open {
  readonly resolve: (word: unknown) => void;
  readonly reject: (thrown: Silence) => void;
  readonly limit: Timer;
}

export function openLine(
  wire: Wire,
  options: LineOptions,
  handlers: LineHandlers,
  { clock, log }: LineTools,
): Line {
  const open = new Map<number, Open>();
  let asked = 0;
  let unsent = 0;
  let ended = false;

  const send = (envelope: Envelope): boolean => {
    if (ended) return false;
    try {
      // What is refused for now is queued all the same; only a line that is gone throws.
      wire.send(envelope);
      return true;
    } catch {
      unsent += 1;
      return false;
    }
  };
  const settle = (nth: number): Open | undefined => {
    const one = open.get(nth);
    open.delete(nth);
    one?.limit.cancel();
    return one;
  };
  const answer = async (nth: number, word: unknown): Promise<void> => {
    send({ line: 'answered', nth, word: await handlers.onAsked(word) });
  };
  wire.onMessage((message) => {
    if (ended || !isEnvelope(message)) return;
    try {
      if (message.line === 'answered') settle(message.nth)?.resolve(message.word);
      else if (message.line === 'told') handlers.onTold(message.word);
      else {
        answer(message.nth, message.word).catch((thrown: unknown) => {
          log.error('line_failed', describeThrown(thrown));
        });
      }
    } catch (thrown) {
      log.error('line_failed', describeThrown(thrown));
    }
  });
  return {
    tell: (word) => send({ line: 'told', word }),
    ask(word, waitMs) {
      if (open.size >= options.asksMax) {
        return Promise.reject(new Silence('Too much is asked already.'));
      }
      return new Promise((resolve, reject) => {
        const nth = (asked += 1);
        const limit = clock.after(waitMs, () => {
          settle(nth)?.reject(new Silence('No answer came in time.'));
        });
        open.set(nth, { resolve, reject, limit });
        if (!send({ line: 'asked', nth, word })) {
          settle(nth)?.reject(new Silence('The other side is gone.'));
        }
      });
    },
    end() {
      ended = true;
      for (const nth of [...open.keys()]) {
        settle(nth)?.reject(new Silence('The other side is gone.'));
      }
    },
    stats: () => ({ asking: open.size, asksMax: options.asksMax, unsent }),
  };
}
