/** What a purge touches by the words of its documentation, for whoever asks after it. */
import type { Order } from '../../src/cache/invalidate.js';
import { pathSelector } from '../../src/cache/selectors.js';
import type { Outcome } from '../../src/message.js';
import { pathMatcher } from '../../src/policy/rules.js';
import { identityOf, queryUnder, valueOf, type Ask, type Call } from './records.js';
import type { World } from './world.js';

function tagsOf(call: Call): string[] {
  const own = call.rule === 'http' ? [] : call.rule.tags;
  const said = (valueOf(call.headers, 'cache-tag') ?? '').split(/ *, */);
  return [...own, ...said, `route:${call.path}`, 'upstream:some', `status:${call.status}`];
}

function isAt(world: World, call: Call, text: string): boolean {
  const selected = pathSelector(text);
  if (selected?.path !== call.path) return false;
  const host = call.asker?.question.host;
  // Whose host is not known may be another's.
  if (selected.host !== undefined && host !== selected.host) return false;
  if (selected.query === undefined) return true;
  return queryUnder(world.ruleOf(call.path), selected.query) === call.query;
}

function touching(world: World, { type, selectors }: Order): (call: Call) => boolean {
  const [one = ''] = selectors;
  switch (type) {
    case 'all':
      return () => true;
    case 'route':
      return ({ path }) => path === one;
    case 'pattern': {
      const matches = pathMatcher(one);
      return ({ path }) => matches(path);
    }
    case 'tag':
      return (call) => tagsOf(call).includes(one);
    case 'path':
      return (call) => isAt(world, call, one);
    case 'key':
      return () => false;
  }
}

/** The answer that is stored under a key is told by what it signed. */
export function touchingKey(world: World, key: string): (call: Call) => boolean {
  const serial = valueOf(world.memory.peek(key)?.headers ?? [], 'x-serial');
  const call = world.origin.calls.find((one) => String(one.serial) === serial);
  if (call?.asker === undefined || call.rule === 'http') return () => false;
  const identity = identityOf(call);
  return (one) => identityOf(one) === identity;
}

export function noteOrder(world: World, order: Order, touches = touching(world, order)): void {
  world.at += 1;
  const { at } = world;
  world.purgedAt = at;
  // What a store cannot find or let go while it is broken is there again when it is not.
  if (world.isBroken && ['path', 'key', 'pattern'].includes(order.type)) return;
  const mode = order.mode === 'delete' ? 'delete' : 'stale';
  const words = `${order.mode} of ${order.type} ${order.selectors.join(' ')}`;
  const doneMs = world.clock.nowMs();
  world.purges.push({ mode, cutAt: at, doneAt: at, doneMs, touches, words });
}

/** RFC 9111 section 4.4: what changes a resource makes wrong what is stored of it. */
export function noteUnsafe(world: World, ask: Ask, outcome: Outcome): void {
  if (outcome.kind !== 'bypass' || outcome.reply.status >= 400) return;
  world.purgedAt = world.at += 1;
  const call = world.origin.calls.find(({ asker }) => asker === ask);
  if (call === undefined || world.isBroken) return;
  const { path, query, host, who } = ask.question;
  const tags = (valueOf(call.headers, 'cache-tag') ?? '').split(/ *, */);
  const wanted = queryUnder(world.ruleOf(path), query);
  world.purges.push({
    mode: 'delete',
    cutAt: Number.isFinite(call.endedAt) ? call.endedAt : call.askedAt,
    doneAt: world.at,
    doneMs: world.clock.nowMs(),
    words: `PUT ${path}`,
    touches: (one) => {
      if (one.asker !== undefined && tags.some((tag) => tag !== '' && tagsOf(one).includes(tag))) {
        return true;
      }
      const isHere = one.path === path && one.asker?.question.host === host;
      if (!isHere || one.query !== wanted) return false;
      // Another's own answer is not his to throw away.
      return one.rule === 'http' || one.auth === undefined || one.auth === who;
    },
  });
}
