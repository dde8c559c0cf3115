/** Scenes: acts that only mean something one after the other, such as an answer that grows old. */
import type { Chance } from './chance.js';
import type { Act, Mood, Question } from './plot.js';

const GOOD: Mood = { how: 'answer', status: 200, headers: [], delayMs: 300, bodyBytes: 30 };

function trouble({ pick }: Chance, mood: Mood): Mood {
  return pick<Mood>([
    { ...GOOD, status: pick([500, 503, 429, 404, 401]), headers: ['Retry-After', '8'] },
    { ...GOOD, status: 500 },
    { ...GOOD, how: pick(['refuse', 'hang', 'truncate'] as const) },
    { ...GOOD, how: 'slow', delayMs: pick([1_000, 4_000]) },
    mood,
  ]);
}

/** A good answer ends, and meets trouble while it may still stand in. */
function growsOld(chance: Chance, ask: Act, path: string, mood: Mood): Act[] {
  const { pick } = chance;
  return [
    { act: 'mood', path, mood: GOOD },
    ask,
    { act: 'turn', byMs: pick([1_500, 6_000, 31_000]) },
    { act: 'mood', path, mood: trouble(chance, mood) },
    ask,
    { act: 'turn', byMs: pick([50, 700, 3_000]) },
    ask,
    { act: 'turn', byMs: pick([700, 3_000]) },
    ask,
  ];
}

/** It is asked for so often that the next one is computed before its end. */
function isLiked({ pick }: Chance, ask: Act, path: string): Act[] {
  const byMs = pick([200, 400, 700]);
  const mood = { ...GOOD, delayMs: pick([300, 1_500]) };
  const asks = Array.from({ length: 6 }, (): Act[] => [ask, { act: 'turn', byMs }]);
  return [{ act: 'mood', path, mood }, ask, { act: 'turn', byMs: 1_600 }, ...asks.flat()];
}

/** Nothing is stored, nobody answers, and some time later somebody asks again. */
function isDown({ pick }: Chance, ask: Act, path: string): Act[] {
  const turn = (): Act => ({ act: 'turn', byMs: pick([700, 1_500, 3_000, 6_000]) });
  const order = { type: 'all', selectors: [], mode: 'delete' } as const;
  return [
    { act: 'purge', order },
    { act: 'mood', path, mood: { ...GOOD, how: 'refuse' } },
    ...[ask, turn(), ask, turn(), ask],
  ];
}

export function sceneOf(chance: Chance, question: Question, mood: Mood): Act[] {
  const { path } = question;
  const ask: Act = { act: 'ask', question: { ...question, method: 'GET', words: [] } };
  if (chance.happens(0.6)) return growsOld(chance, ask, path, mood);
  return chance.happens(0.6) ? isLiked(chance, ask, path) : isDown(chance, ask, path);
}
