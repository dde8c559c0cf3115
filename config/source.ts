/** The settings file as plain values, with the line and column of each, and `${ENV}` filled in. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Environment } from './environment.js';
import { nameOf, shown, type Problem } from './problems.js';
import type { Path } from './walk.js';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Paths whose text came, in part or whole, from a variable. */
  readonly filled: readonly Path[];
  /** Where a value stands, or the nearest thing above it. */
  placeOf(path: Path): Place;
  /** Where the name of a value stands. */
  placeOfName(path: Path): Place;
}

export const FILE_BYTES_MAX = 2 ** 20;
const DEPTH_MAX = 32;
const NODES_MAX = 200_000;

const keyOf = (path: Path): string => JSON.stringify(path);

/** One sentence for each mistake that YAML can tell by itself; its own words quote the file. */
const YAML_SENTENCES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this name stands twice in the same group',
  TAB_AS_INDENT: 'the line is indented with a tab; YAML wants spaces',
  BAD_INDENT: 'the line is indented wrongly, or a bracket is not closed',
  MULTIPLE_DOCS: 'a second document begins here; the file must hold one',
  BAD_ALIAS: 'this alias names no anchor, or is not well formed',
  TAG_RESOLVE_FAILED: 'tags such as !name are not used here',
  NON_STRING_KEY: 'a name must be a plain word',
};

class Reader {
  readonly problems: Problem[] = [];
  readonly filled: Path[] = [];
  readonly values = new Map<string, Place>();
  readonly names = new Map<string, Place>();
  private nodes = 0;
  private readonly anchors = new Map<string, unknown>();
  private stopped = false;

  constructor(
    private readonly lines: LineCounter,
    private readonly label: string,
    private readonly environment: Environment,
  ) {}

  place(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  problem(place: Place, text: string): void {
    this.problems.push({ where: `${this.label}:${place.line}:${place.column}`, text });
  }

  private refuseSize(place: Place): void {
    if (!this.stopped) {
      this.problem(place, 'the file is nested too deep, or its aliases expand to too much.');
    }
    this.stopped = true;
  }

  read(node: unknown, path: Path): unknown {
    if (node === null || node === undefined || this.stopped) return undefined;
    const range = (node as { range?: readonly number[] | null }).range;
    const place = this.place(range?.[0] ?? 0);
    this.nodes += 1;
    if (path.length > DEPTH_MAX || this.nodes > NODES_MAX) {
      this.refuseSize(place);
      return undefined;
    }
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (target === undefined) this.problem(place, 'this alias names no anchor.');
      const value = this.read(target, path);
      this.values.set(keyOf(path), place);
      return value;
    }
    // An alias means the last anchor of its name before it, and the file is read in its order.
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node);
    this.values.set(keyOf(path), place);
    if (isMap(node)) return this.readMap(node.items, path);
    if (isSeq(node)) return node.items.map((item, at) => this.read(item, [...path, at]));
    if (!isScalar(node)) return undefined;
    return typeof node.value === 'string' ? this.fill(node.value, path, place) : node.value;
  }

  private readMap(items: readonly { key: unknown; value: unknown }[], path: Path): unknown {
    const group: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const offset = (key as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
      const place = this.place(offset);
      const name: unknown = isScalar(key) ? key.value : undefined;
      if ((typeof name !== 'string' && typeof name !== 'number') || name === '__proto__') {
        this.problem(place, 'a name must be a plain word.');
        continue;
      }
      const inner = [...path, String(name)];
      this.names.set(keyOf(inner), place);
      const empty = value === null || (isScalar(value) && value.value === null);
      if (empty) this.values.set(keyOf(inner), place);
      group[String(name)] = empty ? null : this.read(value, inner);
    }
    return group;
  }

  /** `${NAME}` becomes the variable's value; `$${` is a plain `${`. */
  private fill(text: string, path: Path, place: Place): string {
    if (!text.includes('${')) return text;
    this.filled.push(path);
    return text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, name?: string, end?: string) => {
      if (whole === '$${') return '${';
      return end === '}' ? this.lookUp(name ?? '', path, place) : this.unnamed(path, place);
    });
  }

  private unnamed(path: Path, place: Place): string {
    this.problem(place, `${nameOf(path)} holds \${ without the name of a variable and }.`);
    return '';
  }

  private lookUp(name: string, path: Path, place: Place): string {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return this.unnamed(path, place);
    const value = Object.hasOwn(this.environment, name) ? this.environment[name] : undefined;
    if (value === undefined || value === '') {
      const state = value === undefined ? 'not set' : 'empty';
      this.problem(place, `${nameOf(path)} needs the variable ${shown(name)}, which is ${state}.`);
      return '';
    }
    return value;
  }
}

/** Reads YAML; whatever is wrong with it as YAML is among the problems. */
export function readSource(text: string, label: string, environment: Environment): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new Reader(lines, label, environment);
  // One slip in the brackets makes YAML stumble over everything that follows: name the first only.
  const faults = [...document.errors, ...document.warnings];
  const lasting = faults.filter(({ code }) => code in YAML_SENTENCES);
  for (const fault of lasting.length === faults.length ? faults : faults.slice(0, 1)) {
    const place = reader.place(fault.pos[0]);
    const inLine = (text.split('\n')[place.line - 1] ?? '').includes('${');
    const hint = inLine ? '; inside { } and [ ] a value with ${ } needs quotes' : '';
    reader.problem(
      place,
      `${YAML_SENTENCES[fault.code] ?? `this is not well-formed YAML${hint}`}.`,
    );
  }
  const value = reader.problems.length > 0 ? undefined : reader.read(document.contents, []);
  const nearest = (places: ReadonlyMap<string, Place>, path: Path): Place => {
    for (let length = path.length; length >= 0; length -= 1) {
      const key = keyOf(path.slice(0, length));
      const found = (length === path.length ? places : reader.values).get(key);
      if (found !== undefined) return found;
    }
    return { line: 1, column: 1 };
  };
  return {
    value,
    problems: reader.problems,
    filled: reader.filled,
    placeOf: (path) => nearest(reader.values, path),
    placeOfName: (path) => nearest(reader.names, path),
  };
}
