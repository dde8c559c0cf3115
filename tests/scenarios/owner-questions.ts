/** The questions of the owners, and the judgement over each answer. */
import { fieldOf, type PipelinedAnswer } from '../fakes/pipelined-client.js';
import type { Floor } from './owner-purges.js';
import { bodyFor, ownerFor, serialIn, type Asker, type Kind } from './owner-origin.js';

export interface Question {
  readonly path: string;
  readonly owner: string;
  /** The whole request. */
  readonly text: string;
  /** What was answered before it was purged before anybody asked this. */
  readonly floor: Floor;
}

export type Verdict =
  | 'right'
  | 'wrong' // another's, or about something else, or not as it was sent
  | 'undone' // from before a purge that had been answered
  | 'broken'; // no answer

const USERS = 24;
const TENANTS = 2;
const PATHS = 4;
/** The second tier is for rules that keep what is somebody's own: most questions go there. */
const KINDS: readonly (readonly [Kind, string, number])[] = [
  ['plain', '/plain/plain/', 0.55],
  ['cookie', '/cookie/cookie/', 0.15],
  ['vary', '/http/vary/', 0.12],
  ['public', '/http/public/', 0.08],
  ['private', '/http/private/', 0.05],
  ['usual', '/http/usual/', 0.05],
];

/** Some are asked for more often than others. */
const oneOf = (count: number, random: () => number): number => Math.floor(count * random() ** 2);

function dealKind(random: () => number): readonly [Kind, string] {
  let left = random();
  for (const [kind, start, share] of KINDS) {
    left -= share;
    if (left < 0) return [kind, start];
  }
  return ['plain', '/plain/plain/'];
}

export function dealPath(random: () => number): readonly [Kind, string] {
  const [kind, start] = dealKind(random);
  return [kind, `${start}${oneOf(PATHS, random)}`];
}

export function dealQuestion(random: () => number, floorOf: (path: string) => Floor): Question {
  const [kind, path] = dealPath(random);
  const user = oneOf(USERS, random);
  const asker: Asker = {
    credential: user === 0 ? undefined : `Bearer user ${user}`,
    tenant: `tenant ${oneOf(TENANTS, random)}`,
    cookie: kind === 'cookie' ? `who=${oneOf(2, random)}` : undefined,
  };
  const lines = [`GET ${path} HTTP/1.1`, 'Host: a.test', `X-Tenant: ${asker.tenant}`];
  if (asker.credential !== undefined) lines.push(`Authorization: ${asker.credential}`);
  if (asker.cookie !== undefined) lines.push(`Cookie: ${asker.cookie}`);
  return {
    ...{ path, owner: ownerFor(kind, asker), floor: floorOf(path) },
    text: `${lines.join('\r\n')}\r\n\r\n`,
  };
}

export function judge(question: Question, answer: PipelinedAnswer | undefined): Verdict {
  if (answer?.status !== 200) return 'broken';
  const { owner, path, floor } = question;
  const serial = serialIn(answer.body);
  if (answer.body !== bodyFor(owner, path, serial)) return 'wrong';
  if (fieldOf(answer.head, 'x-owner') !== owner) return 'wrong';
  return serial < floor.serial ? 'undone' : 'right';
}
