/** `leyden warm`: has answers computed before anybody asks for them, and waits until they are. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseDuration } from '../../config/units.js';
import { systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import { addressesIn } from '../warm-start.js';
import { mustAnswer, type OperationsPlace } from './operations-client.js';

export interface WarmWords {
  /** Paths and URLs; a word that is neither names a file of them. */
  readonly names: readonly string[];
  readonly file: string | undefined;
  readonly top: string | undefined;
  readonly wait: string | undefined;
}

const EACH_MAX = 1_000;
const LOOK_S = 1;
const WAIT_USUAL = '10m';
const STILL_RUNNING_EXIT = 75;

const begun = z.object({
  id: z.string(),
  accepted: z.number(),
  refused: z.array(z.object({ url: z.string(), reason: z.string() })),
});
const progress = z.object({
  state: z.enum(['running', 'done', 'cancelled']),
  accepted: z.number(),
  done: z.number(),
  computed: z.number(),
  fresh: z.number(),
  failed: z.record(z.string(), z.number()),
});
type Progress = z.output<typeof progress>;

function fromFile(file: string): readonly string[] {
  try {
    return addressesIn(readFileSync(file, 'utf8'));
  } catch {
    throw new OperatorError(`The file ${file} cannot be read.`, 66);
  }
}

function addressesOf({ names, file }: WarmWords): readonly string[] {
  const named = names.flatMap((name) =>
    /^(?:\/|https?:\/\/)/i.test(name) ? [name] : fromFile(name),
  );
  return file === undefined ? named : [...named, ...fromFile(file)];
}

function ordersOf(words: WarmWords): readonly object[] {
  const addresses = addressesOf(words);
  if (words.top === undefined) {
    if (addresses.length === 0) throw new OperatorError('There is no address to warm.', 64);
    const orders: object[] = [];
    for (let at = 0; at < addresses.length; at += EACH_MAX) {
      orders.push({ urls: addresses.slice(at, at + EACH_MAX) });
    }
    return orders;
  }
  const top = Number(words.top);
  if (addresses.length > 0 || !Number.isInteger(top) || top < 1 || top > EACH_MAX) {
    throw new OperatorError(`--top must be a whole number from 1 to ${EACH_MAX}, alone.`, 64);
  }
  return [{ top }];
}

function read<S extends z.ZodType>(place: OperationsPlace, schema: S, body: unknown): z.output<S> {
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  throw new OperatorError(`${place.url} is not a gateway of this kind.`, 1);
}

function lineOf({ accepted, done, computed, fresh, failed }: Progress): string {
  const reasons = Object.entries(failed).map(([reason, count]) => `${count} ${reason}`);
  const none = reasons.length === 0 ? '' : `, not warmed: ${reasons.join(', ')}`;
  return `${done} of ${accepted}: ${computed} computed, ${fresh} fresh already${none}`;
}

/** Prints how far it is whenever that has changed; the run goes on whether anybody looks or not. */
async function follow(
  place: OperationsPlace,
  id: string,
  endsMs: number,
  print: (line: string) => void,
): Promise<Progress> {
  const path = `/admin/cache/warm/${id}`;
  // The gateway answers when it is done, or after a second: nothing has to be waited for here.
  const call = { method: 'GET', path: `${path}?wait=${LOOK_S}` } as const;
  let told = '';
  for (;;) {
    const now = read(place, progress, await mustAnswer(place, call));
    const line = lineOf(now);
    if (line !== told) print(line);
    told = line;
    if (now.state !== 'running') return now;
    if (systemClock.nowMs() >= endsMs) {
      const sentence = `It is still running; ${place.url}${path} says how far it is.`;
      throw new OperatorError(sentence, STILL_RUNNING_EXIT);
    }
  }
}

export async function warmCommand(
  place: OperationsPlace,
  words: WarmWords,
  print: (line: string) => void,
): Promise<void> {
  const waitMs = parseDuration(words.wait ?? WAIT_USUAL);
  if (waitMs === undefined) throw new OperatorError('--wait must be a duration such as 10m.', 64);
  const endsMs = systemClock.nowMs() + waitMs;
  let missing = 0;
  for (const body of ordersOf(words)) {
    const call = { method: 'POST', path: '/admin/cache/warm', body } as const;
    const { id, refused } = read(place, begun, await mustAnswer(place, call));
    for (const { url, reason } of refused) print(`refused: ${reason}  ${url}`);
    const { failed } = await follow(place, id, endsMs, print);
    missing += Object.values(failed).reduce((sum, count) => sum + count, refused.length);
  }
  if (missing > 0) throw new OperatorError(`${missing} not warmed.`, 1);
}
