/** Turns what the schema refuses into sentences: one plain sentence for each mistake. */
import type * as z from 'zod';
import { nameOf, nearest, shown } from './problems.js';
import { schema } from './schema/all.js';
import { childOf, schemaAt, shapeOf, unwrap, type Path } from './walk.js';

/** A mistake at a path; `atName` when the name itself is wrong. */
export interface Complaint {
  readonly path: Path;
  readonly text: string;
  readonly atName: boolean;
  /** The setting that an unknown name probably meant. */
  readonly meant?: string;
}

type Issue = z.core.$ZodIssue;

/** What stands at a path of plain values. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** The names that may stand where an unknown one stood. */
function siblings(path: Path): readonly string[] {
  const node = path.length === 0 ? { core: schema } : schemaAt(schema, path);
  if (node === undefined) return [];
  const own = shapeOf(node.core);
  if (own !== undefined) return Object.keys(own);
  const def = (node.core as z.core.$ZodTypes)._zod.def;
  if (def.type !== 'union') return [];
  return def.options.flatMap((option) => Object.keys(shapeOf(option) ?? {}));
}

function mustOf(path: Path): string {
  const node = path.length === 0 ? undefined : schemaAt(schema, path);
  if (node?.meta.must !== undefined) return node.meta.must;
  const type = node === undefined ? 'object' : unwrap(node.core).core._zod.def.type;
  return type === 'array' ? 'a list' : 'a group of settings';
}

/** Of a union: the mistakes inside the one option that has the right outline. */
function insideUnion(issue: Issue & { code: 'invalid_union' }): readonly Issue[] | undefined {
  const inside = issue.errors.filter((option) =>
    option.every(({ path, code }) => {
      return path.length > 0 || code === 'unrecognized_keys';
    }),
  );
  return inside.length === 1 ? inside[0] : undefined;
}

function unknownName(path: Path, name: string): Complaint {
  const near = nearest(name, siblings(path));
  const hint = near === undefined ? '.' : `; did you mean ${near}?`;
  // No setting has a longer name; what is longer may be a secret in the wrong place.
  const full = [...path, shown(name, 24)];
  const meant = near === undefined ? {} : { meant: nameOf([...path, near]) };
  return {
    ...meant,
    path: [...path, name],
    text: `${nameOf(full)} is not a setting${hint}`,
    atName: true,
  };
}

function complain(issue: Issue, above: Path, input: unknown): readonly Complaint[] {
  const path = [...above, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownName(path, key));
  if (issue.code === 'invalid_union') {
    const inside = insideUnion(issue);
    if (inside !== undefined) return inside.flatMap((inner) => complain(inner, path, input));
  }
  if (issue.code === 'invalid_key') {
    const parent = path.slice(0, -1);
    const must = keyMust(parent);
    return [{ path, text: `${nameOf(parent)} holds a name that must be ${must}.`, atName: true }];
  }
  const name = path.length === 0 ? 'the file' : nameOf(path);
  if (valueAt(input, path) === undefined) {
    return [{ path, text: `${name} is missing; it must be ${mustOf(path)}.`, atName: false }];
  }
  const ownWords = issue.code === 'custom' && issue.message !== 'Invalid input';
  const text = ownWords ? issue.message : `must be ${mustOf(path)}`;
  return [{ path, text: `${name} ${text}.`, atName: false }];
}

/** What the names in a map must be. */
function keyMust(path: Path): string {
  const node = schemaAt(schema, path);
  const candidates = node === undefined ? [] : [node.core];
  const def = (node?.core as z.core.$ZodTypes | undefined)?._zod.def;
  if (def?.type === 'union') candidates.push(...def.options);
  for (const candidate of candidates) {
    const inner = (candidate as z.core.$ZodTypes)._zod.def;
    if (inner.type === 'record') return unwrap(inner.keyType).meta.must ?? 'a plain word';
  }
  return 'a plain word';
}

export type Judgement =
  | { readonly kind: 'good'; readonly parsed: z.output<typeof schema> }
  | { readonly kind: 'refused'; readonly complaints: readonly Complaint[] };

/** Checks plain values against the schema. */
export function judge(input: unknown): Judgement {
  const result = schema.safeParse(input);
  if (result.success) return { kind: 'good', parsed: result.data };
  const all = result.error.issues.flatMap((issue) => complain(issue, [], input));
  // A name that is missing because it was mistyped is one mistake, not two.
  const meant = new Set(all.map(({ meant: name }) => name));
  return {
    kind: 'refused',
    complaints: all.filter(({ path, text }) => {
      return !(meant.has(nameOf(path)) && text.startsWith(`${nameOf(path)} is missing`));
    }),
  };
}

/** Is there a group of settings at this path? An empty one in the file holds nothing, not null. */
export function isGroup(path: Path): boolean {
  let at: z.core.$ZodType | undefined = schema;
  for (const key of path) at = at === undefined ? undefined : childOf(at, key);
  if (at === undefined) return false;
  const def = (unwrap(at).core as z.core.$ZodTypes)._zod.def;
  return def.type === 'object' || def.type === 'record';
}
