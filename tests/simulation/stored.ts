/** What is stored, as the laws look at it: by whom it was signed, and for which question. */
import type { Entry } from '../../src/cache/entry.js';
import type { Question } from './plot.js';
import { queryUnder, valueOf, type Call } from './records.js';
import type { World } from './world.js';

export function entriesOf(world: World): Entry[] {
  const found: Entry[] = [];
  const entries = world.memory.entries();
  for (let one = entries.next(); one.done !== true; one = entries.next()) found.push(one.value);
  return found;
}

export function callOfEntry(world: World, { headers }: Entry): Call | undefined {
  return world.origin.calls[Number(valueOf(headers, 'x-serial')) - 1];
}

/** The good answer that a lifetime rule would find for this question. */
export function storedFor(world: World, question: Question): Call | undefined {
  const { path, host, who, lang } = question;
  const rule = world.ruleOf(path);
  if (rule === 'http' || world.isBroken) return undefined;
  const query = queryUnder(rule, question.query);
  const auth = rule.authorization === 'own' ? who : undefined;
  const wanted = rule.headers.includes('x-lang') ? lang : undefined;
  return entriesOf(world)
    .map((entry) => callOfEntry(world, entry))
    .find((call) => {
      if (call === undefined || call.status >= 400 || call.path !== path) return false;
      if (call.asker?.question.host !== host || call.auth !== auth) return false;
      return call.query === query && call.lang === wanted;
    });
}
