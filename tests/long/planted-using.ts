/** Bugs to plant in how stored answers are used, and in what is told of them. */
import type { PlantedBug } from './planted-bug.js';

export const bugsInUsing: readonly PlantedBug[] = [
  {
    name: '13: numbers are kept by raw path',
    edits: [
      [
        'src/cache/compute.ts',
        'rooms.tallies.of(route.pattern)',
        'rooms.tallies.of(task.request.path)',
      ],
    ],
    tests: ['tests/cache/http-slots'],
  },
  {
    name: '14: what an error says is logged',
    edits: [
      ['src/errors.ts', 'error: thrown.name,', 'error: thrown.name, message: thrown.message,'],
    ],
    tests: ['tests/cache/http-slots'],
  },
  {
    name: '14: an error object is logged',
    edits: [
      [
        'src/cache/behind.ts',
        "'refresh_failed', { route: route.pattern,",
        "'refresh_failed', { ...(thrown as object), route: route.pattern,",
      ],
    ],
    tests: ['tests/cache/http-slots'],
  },
  {
    name: '15: questions stand in line on one connection to the origin',
    edits: [
      ['src/upstream/connect.ts', 'pipelining: 1', 'pipelining: 10'],
      ['src/upstream/http.ts', 'pipelining: 1', 'pipelining: 10'],
      ['src/upstream/http.ts', '{ concurrent, queued', '{ concurrent: 10 * concurrent, queued'],
    ],
    tests: ['tests/upstream/sockets', 'tests/upstream/http'],
  },
  {
    name: 'no-cache of a request is ignored',
    edits: [['src/policy/usable.ts', 'if (asked.noCache || asked.unparsable) return true;', '']],
    tests: ['tests/cache/http-asked'],
  },
  {
    name: 'no-cache of an answer is ignored',
    edits: [
      [
        'src/policy/usable.ts',
        '!requested && !directives.noCache && !directives.unparsable',
        '!requested && !directives.unparsable',
      ],
    ],
    tests: ['tests/cache/http-oracle'],
  },
  {
    name: 's-maxage lets old answers out',
    edits: [
      [
        'src/policy/usable.ts',
        'directives.sMaxageS !== undefined && !options.sMaxageAllowsStale',
        'options.sMaxageAllowsStale',
      ],
    ],
    tests: ['tests/cache/http-stale'],
  },
  {
    name: 'an old answer covers an error that is none of the four',
    edits: [
      [
        'src/policy/usable.ts',
        'return status === 500 || ',
        'return status === 501 || status === 500 || ',
      ],
    ],
    tests: ['tests/cache/http-stale'],
  },
  {
    name: 'the age that an answer had before us is forgotten',
    edits: [
      [
        'src/policy/freshness.ts',
        'const correctedMs = ageValueMs(answer.headers) + ',
        'const correctedMs = ',
      ],
    ],
    tests: ['tests/cache/http-fresh'],
  },
  {
    name: 'an Expires that is no date is as if there were none',
    edits: [
      [
        'src/policy/freshness.ts',
        "expires === undefined || expires.kind === 'absent'",
        "expires === undefined || dateOf(headers, 'expires', wallMs) === undefined",
      ],
    ],
    tests: ['tests/cache/http-fresh'],
  },
  {
    name: 'only-if-cached is asked upstream',
    edits: [
      [
        'src/cache/plan-http.ts',
        "onlyIfCached) return { kind: 'never' };",
        "onlyIfCached) return { kind: 'compute' };",
      ],
    ],
    tests: ['tests/cache/http-asked'],
  },
  {
    name: 'encoded content goes to who refused it, where the origin says no Vary',
    edits: [
      [
        'src/cache/entry-http.ts',
        '|| !isEncoded(headers)) return names;',
        '|| names.length >= 0) return names;',
      ],
    ],
    tests: ['tests/cache/http-vary'],
  },
  {
    name: 'a hit writes into the stored fields',
    edits: [
      [
        'src/cache/present.ts',
        'headers: reply.headers.slice()',
        'headers: reply.headers as string[]',
      ],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: 'interim answers go out under a lifetime rule',
    edits: [
      [
        'src/cache/compute.ts',
        "route.cache === 'http' ? request.interim : undefined",
        'request.interim',
      ],
    ],
    tests: ['tests/scenarios/http-wire'],
  },
];
