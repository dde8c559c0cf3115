/** What the doors print: plain lines, whole seconds, and refusals of one sentence. */

/** Something that the person at the keyboard can mend: one sentence, no stack. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {string} [details] what a tool printed, shown above the sentence
   */
  constructor(sentence, details = '') {
    super(sentence);
    this.details = details.trim();
  }
}

export function say(line) {
  process.stdout.write(`${line}\n`);
}

export function complain(line) {
  process.stderr.write(`${line}\n`);
}

/** Calls `action` and says afterwards how long it took. */
export async function timed(before, after, action) {
  const startMs = performance.now();
  say(before);
  const result = await action();
  say(`${after} in ${seconds(performance.now() - startMs)}.`);
  return result;
}

export function seconds(ms) {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** One sentence about something thrown that nobody expected; never its stack. */
export function sentenceOf(thrown) {
  if (!(thrown instanceof Error)) return 'Something that is not an error was thrown.';
  if (['EACCES', 'EPERM', 'EROFS'].includes(thrown.code)) {
    return `This user may not write ${thrown.path ?? 'here'} (${thrown.code}).`;
  }
  if (thrown.code === 'ENOSPC') return 'The disk is full.';
  return `${thrown.name}: ${thrown.message.split('\n')[0]}`;
}
