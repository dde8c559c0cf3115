/** The dashboard's first line: what an operator reads when something is wrong, or nothing is. */
import { describe, expect, it } from '@jest/globals';
import { createHistogram } from '../../src/metrics/histogram.js';
import type { AlertReading } from '../../src/metrics/reading.js';
import { answersOf, timeText } from '../../src/operations/dashboard/answers.js';
import { readingOf, routeReading } from '../fakes/reading.js';

const alert = (name: string, more: Partial<AlertReading>): AlertReading => ({
  ...{ name, severity: 'warning', state: 'firing', sinceWallMs: 0, value: 1, threshold: 0 },
  ...more,
});

const windows = { gained: () => 0 } as unknown as Parameters<typeof answersOf>[0]['windows'];
const answers = (alerts: readonly AlertReading[], draining = false) =>
  answersOf({ reading: readingOf({ alerts }), windows, draining, late: 0 });

describe('the first line', () => {
  it('names the worst alert and counts the others', () => {
    const firing = [
      alert('stale_serving', {}),
      alert('high_pool_utilization', { severity: 'critical' }),
      alert('low_cache_hit_rate', { state: 'ok' }),
    ];
    expect(answers(firing)).toMatchObject({
      level: 'critical',
      health:
        'More than 90 % of a pool has been in use for a minute (high_pool_utilization). ' +
        'One more alert fires.',
    });
  });

  it('says that an alert may follow while one is pending, and drains before all else', () => {
    const pending = [alert('stale_serving', { state: 'pending' })];
    expect(answers(pending)).toMatchObject({
      ...{ level: 'watch', health: expect.stringMatching(/^An alert may follow: /) },
    });
    expect(answers(pending, true).level).toBe('draining');
  });

  it('names the route that takes longest, and how many computations are late', () => {
    const slow = createHistogram();
    slow.record(1_000);
    const reading = readingOf({
      routes: [
        routeReading('/quick', { misses: 1, missMs: createHistogram() }),
        routeReading('/slow', { misses: 1, missMs: slow }),
      ],
    });
    expect(answersOf({ reading, windows, draining: false, late: 2 }).slow).toMatch(
      /^\/slow usually takes 9\d\d ms, .* No answer .* yet\. Now 2 take more than twice/,
    );
  });

  it.each([
    [0.004, 'under 0.01 ms'],
    [0.04, '0.04 ms'],
    [480, '480 ms'],
    [7_300, '7.3 s'],
    [90_000, '1.5 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });
});
