/** The settings: read from the file and the environment, checked, completed and frozen. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../src/errors.js';
import { contradictions } from './contradictions.js';
import { coerce, readOverrides, type Environment, type Override } from './environment.js';
import { isGroup, judge, valueAt, type Complaint } from './judge.js';
import type { Problem } from './problems.js';
import { schema, type Parsed } from './schema/all.js';
import { FILE_BYTES_MAX, readSource, type Source } from './source.js';
import { leaves, schemaAt, type Path } from './walk.js';

export { processEnvironment, type Environment } from './environment.js';
export { maskSettings, settingsDiff, type Change } from './mask.js';
export { notYetSet, settingsWarnings } from './notice.js';

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

type ParsedUpstream = Parsed['upstreams'][string];
type ParsedRoute = Parsed['routes'][number];
type ParsedRule = Exclude<ParsedRoute['cache'], 'http' | undefined>;

/** An upstream with every number filled in. */
export type UpstreamSettings = Frozen<
  Omit<ParsedUpstream, 'connections' | 'timeout'> & {
    connections: number;
    timeout: { connect: number; head: number; idle: number };
  }
>;
/** A lifetime rule with every number filled in. */
export type RuleSettings = Frozen<Omit<ParsedRule, 'maxBytes'> & { maxBytes: number }>;
export type RouteSettings = Frozen<Omit<ParsedRoute, 'cache'>> & {
  readonly cache?: 'http' | RuleSettings | undefined;
};

/** Every setting; times are milliseconds, sizes bytes, percentages ratios. */
export type Settings = Frozen<Omit<Parsed, 'upstreams' | 'routes'>> & {
  readonly upstreams: Readonly<Record<string, UpstreamSettings>>;
  readonly routes: readonly RouteSettings[];
};

export interface LoadOptions {
  /** Without it `LEYDEN_CONFIG` names the file, and without that it is the shipped one. */
  readonly file?: string | undefined;
  readonly environment: Environment;
  readonly packageRoot: string;
}

const HEAD_MS = 60_000;
/** The built-in service computes for long where others would have answered. */
const HEAD_LOCAL_MS = 120_000;

/** The folder of the package, seen from the source and from what is built out of it. */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const above = dirname(here);
  return existsSync(join(above, 'package.json')) ? above : dirname(above);
}

/** The settings file that comes with the package. */
export function defaultConfigPath(root: string = packageRoot()): string {
  return join(root, 'config', 'gateway.yaml');
}

/** Which file holds the settings. */
export function settingsFile({ file, environment, packageRoot: root }: LoadOptions): string {
  return resolve(file ?? environment['LEYDEN_CONFIG'] ?? defaultConfigPath(root));
}

function complete(parsed: Parsed, folder: string): Settings {
  const inFolder = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  const upstreams = Object.entries(parsed.upstreams).map(([name, { timeout, ca, ...rest }]) => {
    const head = timeout.head ?? (rest.url === 'local' ? HEAD_LOCAL_MS : HEAD_MS);
    const connect = timeout.connect ?? parsed.http.pool.connectTimeout;
    return [
      name,
      {
        ...rest,
        ...(ca === undefined ? {} : { ca: inFolder(ca) }),
        connections: rest.connections ?? parsed.http.pool.max,
        timeout: { connect, head, idle: timeout.idle },
      },
    ] as const;
  });
  const most = Math.floor(parsed.memory.maxBytes / 8);
  const routes = parsed.routes.map(({ cache, ...route }) => {
    if (cache === undefined || cache === 'http') return { ...route, cache };
    return { ...route, cache: { ...cache, maxBytes: cache.maxBytes ?? most } };
  });
  const { state, ...energy } = parsed.energy;
  const withState = state === undefined ? energy : { ...energy, state: inFolder(state) };
  const { path, ...snapshot } = parsed.memory.snapshot;
  const memory = {
    ...parsed.memory,
    snapshot: path === undefined ? snapshot : { ...snapshot, path: inFolder(path) },
  };
  const { tls } = parsed.redis;
  const { ca } = tls;
  const redis = {
    ...parsed.redis,
    tls: ca === undefined ? tls : { ...tls, ca: inFolder(ca) },
  };
  return {
    ...{ ...parsed, memory, redis, routes },
    energy: withState,
    upstreams: Object.fromEntries(upstreams),
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

/** Sets a value deep inside plain groups, which are made where they are missing. */
function put(root: Record<string, unknown>, path: Path, value: unknown): void {
  let at: Record<string | number, unknown> = root;
  for (const key of path.slice(0, -1)) {
    const inner = (at[key] ??= {});
    // A plain value in the place of a group is the file's mistake, and judged as such.
    if (typeof inner !== 'object') return;
    at = inner as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

/** A group whose lines are all commented out holds nothing; YAML says null. */
function dropEmptyGroups(value: unknown, path: Path): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const map = value as Record<string, unknown>;
  for (const [name, inner] of Object.entries(map)) {
    const at = [...path, name];
    if (inner === null && isGroup(at)) map[name] = {};
    else dropEmptyGroups(inner, at);
  }
}

function readFile(path: string, label: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) {
      throw new OperatorError(`${label}: a settings file may have 1 MiB at most.`);
    }
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof OperatorError) throw thrown;
    throw new OperatorError(`${label}: the settings file cannot be read.`);
  }
}

/** Where a complaint belongs: the variable that said it, else the line of the file. */
function located(complaint: Complaint, source: Source, label: string, said: readonly Override[]) {
  const { path, text, atName } = complaint;
  const variable = said.find(({ path: at }) => at.every((key, index) => path[index] === key));
  if (variable !== undefined) return { where: variable.name, text };
  const { line, column } = atName ? source.placeOfName(path) : source.placeOf(path);
  return { where: `${label}:${line}:${column}`, text };
}

/** Variables first, then the lines of the file from its top. */
function byPlace(a: Problem, b: Problem): number {
  const place = ({ where }: Problem): readonly number[] =>
    (/:(\d+):(\d+)$/.exec(where) ?? []).slice(1).map(Number);
  const [[lineA = 0, columnA = 0], [lineB = 0, columnB = 0]] = [place(a), place(b)];
  return lineA - lineB || columnA - columnB;
}

function refuse(problems: readonly Problem[]): never {
  const sentences = new Set(
    [...problems].sort(byPlace).map(({ where, text }) => `${where}: ${text}`),
  );
  throw new OperatorError([...sentences].join('\n'));
}

/** Reads, checks and freezes the settings; throws an OperatorError with every mistake. */
export function loadSettings(options: LoadOptions): Settings {
  const path = settingsFile(options);
  const fromRoot = relative(options.packageRoot, path);
  const outside = fromRoot.startsWith('..') || isAbsolute(fromRoot);
  const label = options.file ?? (outside ? path : fromRoot);
  const source = readSource(readFile(path, label), label, options.environment);
  const root = source.value ?? {};
  if (source.problems.length > 0) refuse(source.problems);
  if (typeof root !== 'object' || Array.isArray(root)) {
    refuse([{ where: `${label}:1:1`, text: 'the file must be a group of settings.' }]);
  }
  for (const at of source.filled) {
    const text = valueAt(root, at);
    const kind = schemaAt(schema, at)?.meta.kind;
    if (typeof text === 'string') put(root as Record<string, unknown>, at, coerce(kind, text));
  }
  dropEmptyGroups(root, []);
  const named = Object.keys(Object(valueAt(root, ['upstreams'])) as object);
  const { overrides, problems } = readOverrides(
    options.environment,
    leaves(schema, () => named),
  );
  for (const { path: at, value } of overrides) put(root as Record<string, unknown>, at, value);

  const locate = (complaint: Complaint): Problem => located(complaint, source, label, overrides);
  const judged = judge(root);
  if (judged.kind === 'refused') {
    refuse([...problems, ...judged.complaints.map(locate)]);
  }
  const settings = complete(judged.parsed, dirname(path));
  const found = contradictions(settings, existsSync).map(locate);
  if (problems.length > 0 || found.length > 0) refuse([...problems, ...found]);
  return freeze(settings);
}
