/** All that goes over the wire: the live stream and its returns, single questions, and acts. */
/* global AbortController, AbortSignal, document, fetch, TextDecoder */

const HEAD_MS = 10_000;
const SILENCE_MS = 6_000;
const ASK_MS = 15_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
const HIDDEN_MS = 30_000;
const LINE_CHARACTERS_MAX = 4_000_000;

/** In the memory of this page alone: it is gone when the page is. */
let token;

export const hasToken = () => token !== undefined;

export function setToken(text) {
  token = text;
}

/** @returns {Record<string, string>} */
const authorization = () => (token === undefined ? {} : { Authorization: `Bearer ${token}` });
/** @type {RequestInit} */
const common = { cache: 'no-store', credentials: 'omit', redirect: 'error' };

/** What went wrong as a sentence: the server's own, when it has one. */
async function refusalOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  return { status: answer.status, sentence: problem.detail ?? problem.title ?? 'It was refused.' };
}

/**
 * `{ body }`, or `{ refusal: { status, sentence } }`; status 0 means that nobody answered.
 * @param {string} path
 * @param {{ body?: object, deadlineMs?: number }} options
 * @returns {Promise<{ body?: any, refusal?: { status: number, sentence: string } }>}
 */
export async function ask(path, { body, deadlineMs = ASK_MS } = {}) {
  const act =
    body === undefined
      ? { headers: authorization() }
      : {
          method: 'POST',
          headers: { ...authorization(), 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        };
  try {
    const signal = AbortSignal.timeout(deadlineMs);
    const answer = await fetch(path, { ...common, ...act, signal });
    if (!answer.ok) return { refusal: await refusalOf(answer) };
    return { body: await answer.json() };
  } catch {
    return { refusal: { status: 0, sentence: 'The gateway did not answer.' } };
  }
}

/** Calls `onLine` for each line; ends when the stream ends, rejects when it breaks. */
async function readLines(body, { onLine, alive }) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) throw new Error('The line has no end.');
    for (const line of lines) if (line !== '') onLine(JSON.parse(line));
  }
}

/**
 * Watches until it is stopped. `onView` gets each line; `onState` hears `live`, `reconnecting`,
 * `paused` and, with the refusal, `refused` when the token is not taken.
 */
export function watch({ onView, onState }) {
  let controller;
  let retry;
  let waitMs = RETRY_FIRST_MS;
  let paused = false;
  let nth = 0;

  const again = () => {
    onState('reconnecting');
    // Spread out, so that pages which lost the same gateway do not all come back at once.
    retry = setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
    waitMs = Math.min(RETRY_MAX_MS, 2 * waitMs);
  };

  const connect = async () => {
    nth += 1;
    const mine = nth;
    const own = new AbortController();
    controller = own;
    let silence = setTimeout(() => own.abort(), HEAD_MS);
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(() => own.abort(), SILENCE_MS);
    };
    const path = hasToken() ? 'admin/dashboard/stream' : 'dashboard/stream';
    try {
      const answer = await fetch(path, { ...common, headers: authorization(), signal: own.signal });
      if (mine !== nth) return;
      if (!answer.ok) {
        const refusal = await refusalOf(answer);
        const isToken = hasToken() && [401, 403, 429].includes(refusal.status);
        if (mine !== nth) return;
        if (isToken) {
          token = undefined;
          onState('refused', refusal);
        }
        if (isToken) void connect();
        else again();
        return;
      }
      alive();
      const onLine = (view) => {
        if (mine !== nth) return;
        waitMs = RETRY_FIRST_MS;
        onState('live');
        onView(view);
      };
      await readLines(answer.body, { onLine, alive });
      if (mine === nth) again();
    } catch {
      if (mine === nth) again();
    } finally {
      clearTimeout(silence);
    }
  };

  const stop = () => {
    nth += 1;
    clearTimeout(retry);
    controller?.abort();
  };
  const restart = () => {
    stop();
    waitMs = RETRY_FIRST_MS;
    void connect();
  };

  let hiding;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => {
        paused = true;
        stop();
        onState('paused');
      }, HIDDEN_MS);
    } else if (paused) {
      paused = false;
      restart();
    }
  });
  void connect();
  return { restart };
}
