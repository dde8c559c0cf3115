/** The form in which one caller gets what is stored: as it is kept, or opened for him. */
import { asFailure } from '../errors.js';
import type { Answered, GatewayRequest, Outcome, RawHeaders } from '../message.js';
import { preconditionOf } from '../policy/conditional.js';
import type { Coder } from './coder.js';
import { plainEntry } from './coding.js';
import type { Entry } from './entry.js';
import type { Rooms } from './rooms.js';

/** The stored answer that an outcome is made of. */
function entryIn(outcome: Outcome): Entry | undefined {
  if (!('reply' in outcome) || outcome.kind === 'bypass') return undefined;
  return 'chargedBytes' in outcome.reply ? (outcome.reply as Entry) : undefined;
}

async function formOf(coder: Coder, entry: Entry, request: GatewayRequest, wallMs: number) {
  const { method, headers } = request;
  const ready = coder.atOnce(entry, method, headers);
  const { coded } = entry;
  if (ready !== undefined || typeof coded !== 'object') return ready ?? entry;
  // A word about it (304, 412) says nothing of its bytes.
  const unopened = plainEntry(entry, coded, Buffer.alloc(0));
  const precondition = preconditionOf(method, headers, unopened, { asOrigin: true, wallMs });
  return precondition === 'serve' ? await coder.open(entry, coded) : unopened;
}

/** For the lane: undefined when the answer would have to be opened first. */
export function formNow(
  { coder }: Pick<Rooms, 'coder'>,
  entry: Entry,
  method: string,
  headers: RawHeaders,
): Entry | undefined {
  return coder === undefined ? entry : coder.atOnce(entry, method, headers);
}

/** Undefined when what is stored turned out to be damaged; then it is no longer stored. */
export async function inItsForm(
  { coder, clock }: Pick<Rooms, 'coder' | 'clock'>,
  outcome: Outcome,
  request: GatewayRequest,
): Promise<Outcome | undefined> {
  const entry = entryIn(outcome);
  if (coder === undefined || entry?.coded === undefined) return outcome;
  // What has just been computed is looked at when somebody comes again.
  if (outcome.kind === 'miss' && typeof entry.coded !== 'object') return outcome;
  try {
    const form = await formOf(coder, entry, request, clock.wallMs());
    return form === entry ? outcome : ({ ...outcome, reply: form } as Outcome);
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.code === 'internal') return undefined;
    return { kind: 'failed', route: entry.route, bypass: undefined, failure };
  }
}

/** For whoever keeps an answer without knowing who will fetch it: everybody takes it plain. */
export async function inPlainForm(
  { coder }: Pick<Rooms, 'coder'>,
  outcome: Answered,
): Promise<Answered> {
  const entry = entryIn(outcome);
  if (coder === undefined || typeof entry?.coded !== 'object') return outcome;
  return { ...outcome, reply: await coder.open(entry, entry.coded) };
}
