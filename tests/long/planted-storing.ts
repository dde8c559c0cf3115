/** Bugs to plant in what is stored, for how long, and what takes it away again. */
import type { PlantedBug } from './planted-bug.js';

export const bugsInStoring: readonly PlantedBug[] = [
  {
    name: '8: an error is kept where no errorTtl says so',
    edits: [
      [
        'src/policy/storable.ts',
        "if (typeof rule.errorTtl === 'number') return rule.errorTtl;",
        "if (typeof rule.errorTtl === 'number') return rule.errorTtl || 10_000;",
      ],
    ],
    tests: ['tests/cache/serve-errors', 'tests/policy/storable'],
  },
  {
    name: '8: an error replaces a good answer that may still stand in',
    edits: [
      [
        'src/cache/keep.ts',
        "if (isCovered && isGoodYet(rooms, older, entry.storedAtMs)) return 'good-kept';",
        '',
      ],
    ],
    tests: ['tests/cache/http-stale'],
  },
  {
    name: '9: private is ignored where Authorization is in the key',
    edits: [
      [
        'src/cache/plan-rule.ts',
        'refused: storableUnderRule(head, rule, directives),',
        'refused: storableUnderRule(head, rule, { ...directives, private: false }),',
      ],
      ['src/cache/plan-rule.ts', 'alone: whyAlone(head, rule, directives),', 'alone: undefined,'],
    ],
    tests: ['tests/cache/http-slots'],
  },
  {
    name: '9: private is ignored under `cache: http`',
    edits: [['src/policy/storable.ts', "if (directives.private) return 'private';", '']],
    tests: ['tests/cache/http-oracle'],
  },
  {
    name: '10: what was computed before a purge is stored after it',
    edits: [
      [
        'src/cache/keep.ts',
        "if (rooms.purges.judgeArrival(entry) === 'deleted') return 'fenced';",
        '',
      ],
    ],
    tests: ['tests/cache/serve-purge'],
  },
  {
    name: '11: what was read of a broken body is stored',
    edits: [
      [
        'src/cache/collect.ts',
        'throw asFailure(thrown);',
        "if (asFailure(thrown)) return { kind: 'whole', body: Buffer.concat(chunks, bytes) };",
      ],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: '12: a body that ends with the connection is stored under `cache: http`',
    edits: [['src/cache/plan-http.ts', 'framed: reply.framed ?? true', 'framed: true']],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: '12: a body that ends with the connection is stored under a lifetime rule',
    edits: [['src/cache/plan-rule.ts', 'framed: reply.framed ?? true', 'framed: true']],
    tests: ['tests/cache/serve-alone'],
  },
  {
    name: 'a part is stored as the whole',
    edits: [['src/policy/storable.ts', "if (status === 206) return 'partial';", '']],
    tests: ['tests/cache/http-fresh'],
  },
  {
    name: 'the client’s own condition is sent upstream with a question for all',
    edits: [
      [
        'src/cache/plan-http.ts',
        'unconditionalFields(passedFields(request, route.request, trusts))',
        'passedFields(request, route.request, trusts)',
      ],
    ],
    tests: ['tests/cache/http-conditions'],
  },
  {
    name: 'a 304 that speaks of another answer renews the stored one',
    edits: [
      [
        'src/policy/revalidation.ts',
        'return speaksOf(stored, reply, wallMs) ?',
        'return wallMs > 0 ?',
      ],
    ],
    tests: ['tests/cache/http-conditions'],
  },
  {
    name: 'a 304 that makes an answer private leaves it stored',
    edits: [
      [
        'src/cache/entry-http.ts',
        'framed: true }, request) !== undefined) return undefined;',
        'framed: true }, request) === null) return undefined;',
      ],
    ],
    tests: ['tests/cache/http-conditions', 'tests/cache/http-slots'],
  },
  {
    name: 'fields that private names are stored',
    edits: [
      ['src/cache/entry-http.ts', '[...privateFields, ...noCacheFields, ', '[...noCacheFields, '],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: 'a Set-Cookie that the route refuses is stored',
    edits: [
      [
        'src/cache/entry-http.ts',
        'if (task.route.refusesSetCookie &&',
        'if (!task.route.refusesSetCookie &&',
      ],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: 'the 65th variant takes nothing out of the store',
    edits: [['src/cache/keep.ts', 'if (gaveWay !== undefined) store.delete(gaveWay.key);', '']],
    tests: ['tests/cache/http-vary'],
  },
  {
    name: 'the tags of an answer are lost with a 304, where the route hides them',
    edits: [
      ['src/cache/entry-http.ts', 'fieldsAfter304(saidBy(old), ', 'fieldsAfter304(old.headers, '],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: 'an unsafe request leaves the shared answer',
    edits: [['src/cache/effects.ts', " || partition === 'shared'", '']],
    tests: ['tests/cache/http-unsafe'],
  },
  {
    name: 'an unsafe request that fails invalidates',
    edits: [
      [
        'src/policy/invalidation.ts',
        'answer.status >= 200 && answer.status < 400',
        'answer.status >= 200',
      ],
    ],
    tests: ['tests/cache/http-unsafe'],
  },
  {
    name: 'an unsafe request invalidates what Location names on another host',
    edits: [
      [
        'src/policy/invalidation.ts',
        'authorityOf(own, one) === asked',
        'authorityOf(own, one) !== undefined',
      ],
    ],
    tests: ['tests/cache/http-unsafe'],
  },
];
