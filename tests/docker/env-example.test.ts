/** `.env.example`: every variable that there is, none that is not, and true defaults. */
import { describe, expect, it } from '@jest/globals';
import { environmentName, variablesOf } from '../../config/environment.js';
import { schema } from '../../config/schema/all.js';
import { leaves, type Leaf } from '../../config/walk.js';
import { loadSettings } from '../../config/settings.js';
import { repositoryRoot } from '../servers/fetch.js';
import { composeText, services, textOf } from './stack.js';

const lines = textOf('.env.example').split('\n');
const example = new Map(
  lines.flatMap((line) => {
    const [, name, value] = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  }),
);
const all: readonly Leaf[] = leaves(schema, () => []);
const leafOf = new Map(
  all.flatMap((leaf) => variablesOf(leaf).map(({ name }) => [name, leaf] as const)),
);
const ownName = (name: string): boolean => name.startsWith('LEYDEN_');
const composeNames = [...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = '']) => name);

describe('.env.example', () => {
  it('names every variable that other documents gave a setting', () => {
    const known = [...leafOf.keys()].filter((name) => !ownName(name));
    expect(known.length).toBeGreaterThan(50);
    expect(known.filter((name) => !example.has(name))).toEqual([]);
  });

  it('names every variable of the stack, and what the stack sets for the gateways', () => {
    expect(composeNames.length).toBeGreaterThan(5);
    const set = services
      .filter(([, { image }]) => image.startsWith('leyden-gateway'))
      .flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect([...composeNames, ...set].filter((name) => !example.has(name))).toEqual([]);
  });

  it('names nothing else', () => {
    const known = new Set([...leafOf.keys(), ...composeNames, 'LEYDEN_CONFIG']);
    expect([...example.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  it('sets nothing by itself, and shows no secret that would work', () => {
    expect(lines.filter((line) => /^[A-Z]/.test(line))).toEqual([]);
    const secret = [...example].filter(([name]) => leafOf.get(name)?.meta.secret === true);
    const shown = secret.filter(([name, value]) => !name.endsWith('_FILE') && value !== '');
    expect(shown).toEqual([]);
  });

  it('shows true defaults, and words that the gateway takes', () => {
    const shown = [...example].filter(
      ([name, value]) => leafOf.has(name) && !name.endsWith('_FILE') && value !== '',
    );
    const load = (environment: Readonly<Record<string, string>>): Record<string, unknown> =>
      flat(loadSettings({ file: undefined, environment, packageRoot: repositoryRoot }));
    const before = load({});
    for (const [name, value] of shown) {
      const path = leafOf.get(name)?.path.join('.') ?? '';
      const after = load({ [name]: value });
      expect([name, after[path]]).not.toEqual([name, undefined]);
      // Where there is no default the line is an example.
      if (before[path] !== undefined && !examples.has(name)) {
        expect([name, after[path]]).toEqual([name, before[path]]);
      }
    }
  });
});

/** Lists that are empty by default, and of which an example says more. */
const examples = new Set([
  'ENERGY_NOTIFY',
  'REDIS_SENTINELS',
  'REDIS_CLUSTER_NODES',
  environmentName(['server', 'trustedProxies']),
]);

/** Every setting by its path. */
function flat(value: object, above = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
      const path = above === '' ? name : `${above}.${name}`;
      const isGroup = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      return isGroup ? Object.entries(flat(inner, path)) : [[path, inner]];
    }),
  );
}
