/** Settings of the second tier: what is kept in Redis, for how long, and how it gets there. */
import { duration, group, integer, percent, setting, size } from '../setting.js';

export const tier = group(
  {
    maxBytes: setting(
      size('1KiB', '64MiB').prefault('1MiB'),
      'The largest answer that is kept there, fields included; no more is read of any.',
    ),
    maxLife: setting(
      duration('1s', '24d').prefault('24h'),
      'How long an answer is kept at most, whatever its windows say.',
    ),
    queue: setting(
      integer(1, 100_000).prefault(1_000),
      'Answers that may wait to be written; one more is dropped.',
    ),
    queueBytes: setting(
      size('1MiB', '1GiB').prefault('8MiB'),
      'Bytes that may wait to be written.',
    ),
    closeWait: setting(
      duration('0ms', '10s').prefault('500ms'),
      'How long the end waits for what is not written yet; what is left then is dropped.',
    ),
    budgetWhenDown: setting(
      percent().prefault('50%'),
      'The part of budget.concurrent that is left while Redis is away: each node computes ' +
        'for itself then.',
    ),
  },
  'The second tier: answers in Redis, which all nodes share.',
);
