/** Bugs to plant in keys, slots and flights: what would give one caller another's answer. */
import type { PlantedBug } from './planted-bug.js';

const HTTP = ['tests/cache/http-slots', 'tests/cache/http-sharing'];

export const bugsInKeys: readonly PlantedBug[] = [
  {
    name: '1: Authorization is left out of the key of a lifetime rule',
    edits: [
      [
        'src/policy/key.ts',
        'const partition = own ? request.partition :',
        "const partition = own ? 'anon' :",
      ],
    ],
    tests: ['tests/cache/serve-life'],
  },
  {
    name: '1: a credential is given what was stored for nobody',
    edits: [
      [
        'src/cache/plan-http.ts',
        "!hasField(request.headers, 'authorization') || isSharedByWord(entry.http.directives)",
        'true',
      ],
    ],
    tests: HTTP,
  },
  {
    name: '1: an answer to a credential is stored for all',
    edits: [
      [
        'src/policy/storable.ts',
        "if (hasField(request.headers, 'authorization') && !isSharedByWord(directives)) {",
        "if (hasField(request.headers, 'no-such-field')) {",
      ],
    ],
    tests: HTTP,
  },
  {
    name: '2: the parts of a key are joined by a delimiter',
    edits: [['src/policy/key.ts', '`${part.length}:${part}`', '`|${part}`']],
    tests: ['tests/policy/key-injective'],
  },
  {
    name: '3: a partition is an unkeyed MD5 of the credential',
    edits: [
      ['middleware/identity.ts', "createHmac('sha256', options.key)", "createHash('md5')"],
      ['middleware/identity.ts', 'import { createHmac }', 'import { createHash }'],
    ],
    tests: ['tests/middleware/identity'],
  },
  {
    name: '4: what HEAD brings is stored for GET',
    edits: [['src/cache/compute.ts', 'method: keyed.method,', 'method: request.method,']],
    tests: ['tests/cache/serve-life'],
  },
  {
    name: '4: HEAD is computed and shared like GET under `cache: http`',
    edits: [
      [
        'src/cache/plan-http.ts',
        "if (request.method === 'HEAD') return",
        "if (request.method === 'X') return",
      ],
      ['src/cache/compute.ts', 'method: keyed.method,', 'method: request.method,'],
    ],
    tests: ['tests/cache/http-head'],
  },
  {
    name: '5: the partition is not compared when an entry is read',
    edits: [
      [
        'src/cache/flying.ts',
        'if (entry?.partition !== keyed.partition) return undefined;',
        'if (entry === undefined) return undefined;',
      ],
    ],
    tests: ['tests/cache/serve-life'],
  },
  {
    name: '6: flights are keyed by path',
    edits: [['src/cache/flight-key.ts', '${keyed.key}@', '${address}@']],
    tests: ['tests/cache/http-content'],
  },
  {
    name: '6: flights leave the credential out',
    edits: [
      [
        'src/cache/plan-http.ts',
        'keyOf([own, ...names, ...values])',
        'keyOf([...names, ...values])',
      ],
    ],
    tests: HTTP,
  },
  {
    name: '6: callers who differ in Vary share a flight',
    edits: [['src/cache/plan-http.ts', "return 'other';", "return 'shared';"]],
    tests: HTTP,
  },
  {
    name: '7: who waits gets the leader’s Set-Cookie under a lifetime rule',
    edits: [['src/cache/plan-rule.ts', "  'set-cookie',\n", '']],
    tests: ['tests/cache/serve-alone'],
  },
  {
    name: '7: who waits gets the leader’s Set-Cookie under `cache: http`',
    edits: [['src/cache/plan-http.ts', "isForMany(entry) ? 'shared' : 'alone'", "'shared'"]],
    tests: HTTP,
  },
  {
    name: '7: who waits gets the fields that were meant for the leader',
    edits: [
      [
        'src/cache/board.ts',
        'joined ? entry : (computed.first ?? entry)',
        'computed.first ?? entry',
      ],
    ],
    tests: ['tests/cache/http-storing'],
  },
  {
    name: 'the host is left out of the key under `cache: http`',
    edits: [['src/cache/plan-http.ts', 'method, host, path];', 'method, path];']],
    tests: HTTP,
  },
  {
    name: 'the content of QUERY is left out of the key',
    edits: [
      ['src/cache/plan-http.ts', 'if (content !== undefined) parts', 'if (content === null) parts'],
    ],
    tests: ['tests/cache/http-content'],
  },
  {
    name: 'No-Vary-Search makes queries of other content equal',
    edits: [
      ['src/cache/searches.ts', 'if (keyed.content !== undefined)', 'if (keyed.content === null)'],
    ],
    tests: ['tests/cache/http-content'],
  },
  {
    name: 'Vary is not looked at when a stored answer is chosen',
    edits: [
      [
        'src/cache/variants.ts',
        'return values.every((value, at) => value === variant.values[at]);',
        'return values.length >= 0;',
      ],
    ],
    tests: ['tests/cache/http-vary'],
  },
  {
    name: 'Vary by what the gateway says itself is read from the caller',
    edits: [
      [
        'src/cache/entry-http.ts',
        '!names.some((name) => OWN_FIELDS.has(name))',
        'names.length >= 0',
      ],
    ],
    tests: ['tests/cache/http-vary'],
  },
  {
    name: 'a field that steers proxies is passed on',
    edits: [['src/policy/forward.ts', "  'x-original-url',\n", '']],
    tests: ['tests/scenarios/http-strangers'],
  },
];
