/** Durations, sizes and percentages. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatDuration,
  formatSize,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../config/units.js';
import { oneRoute, refusals } from './kit.js';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['1.1s', 1_100],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('reads back every duration that it writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['512', 512],
    ['64KiB', 65_536],
    ['5MiB', 5_242_880],
    ['1GiB', 1_073_741_824],
    ['0.5KiB', 512],
    ['10KB', 10_000],
    ['3MB', 3_000_000],
    ['7B', 7],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it('reads back every size that it writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});

const BAD = [
  '10kbb',
  '-1',
  '-1s',
  '',
  ' ',
  '1e999',
  '1e3s',
  '5 parsecs',
  'NaN',
  'Infinity',
  '0x10',
  '10 s',
  's',
  '.5s',
  '5.s',
  '1s2',
  '٣s',
  '1_000',
  '99999999999999999999d',
  '0.3',
  '1.0001ms',
  'constructor',
  '1constructor',
  '1toString',
];

it.each(BAD)('%j is neither a duration nor a size nor a percentage', (text) => {
  expect([parseDuration(text), parseSize(text), parsePercent(text)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('percentages go from 0% to 100%', () => {
  expect([parsePercent('0%'), parsePercent('10%'), parsePercent('100%')]).toEqual([0, 0.1, 1]);
  expect([parsePercent('101%'), parsePercent('-1%'), parsePercent('10')]).toEqual(
    Array.from({ length: 3 }),
  );
});

describe('bad units in the settings', () => {
  it.each(['10kbb', '-1', '""', '1e999', '.nan', '.inf', '5MiB!', '[1]', '1.5'])(
    'case 101: a body limit of %s stops the start with its name and line',
    (text) => {
      expect(refusals(`server:\n  requestBodyMax: ${text}\n`)).toEqual([
        'FILE:2:19: server.requestBodyMax must be a size from 0 to 1TiB, such as 512, ' +
          '64KiB or 5MiB.',
      ]);
    },
  );

  it.each(['10kbb', '-1', '1e999', ' '])(
    'case 101: the same from the environment (%j) names the variable',
    (text) => {
      expect(refusals('', { LEYDEN_SERVER_REQUEST_BODY_MAX: text })).toEqual([
        'LEYDEN_SERVER_REQUEST_BODY_MAX: server.requestBodyMax must be a size from 0 to 1TiB, ' +
          'such as 512, 64KiB or 5MiB.',
      ]);
    },
  );

  it.each(['5 parsecs', '30', '-1s', '""', '1e999s', '.nan', '400d'])(
    'a lifetime of %s is refused with its name and line',
    (text) => {
      expect(refusals(oneRoute(`cache: { ttl: ${text} }`))).toEqual([
        'FILE:3:47: routes[0].cache.ttl must be a duration from 0s to 365d, such as ' +
          '250ms, 30s or 10m.',
      ]);
    },
  );

  it('a share of 200% is refused with its name and line', () => {
    expect(refusals(oneRoute('cache: { ttl: 1s, jitter: 200% }'))).toEqual([
      'FILE:3:59: routes[0].cache.jitter must be a percentage from 0% to 100%, such as 10%.',
    ]);
  });
});
