/** A strict reader of the Prometheus text format, version 0.0.4: anything odd is a fault. */

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/;

function fail(line: string, why: string): never {
  throw new Error(`${why}: ${JSON.stringify(line)}`);
}

function seriesOf(line: string): Series {
  const name = NAME.exec(line)?.[0] ?? fail(line, 'no name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole, label, value] = LABEL.exec(rest) ?? fail(line, 'a label that is none');
      if (label === undefined || value === undefined || label in labels)
        fail(line, 'a label twice');
      labels[label] = value.replace(/\\(.)/g, (_, letter: string) =>
        letter === 'n' ? '\n' : letter,
      );
      rest = rest.slice(whole.length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) fail(line, 'no end of the labels');
    }
    rest = rest.slice(1);
  }
  const value = /^ ([^ ]+)$/.exec(rest)?.[1];
  if (value === undefined || !VALUE.test(value)) fail(line, 'no value');
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const seen = new Set<string>();
  const closed = new Set<string>();
  const series: Series[] = [];
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (name !== family) {
        if (closed.has(name)) fail(line, 'a family in two places');
        closed.add(family);
        family = name;
      }
      if (kind === 'HELP' && helps.has(name)) fail(line, 'HELP twice');
      if (kind === 'HELP') helps.add(name);
      else if (types.has(name) || !/^(?:counter|gauge|histogram|summary|untyped)$/.test(rest)) {
        fail(line, 'TYPE');
      } else types.set(name, rest);
      continue;
    }
    const one = seriesOf(line);
    const suffixes = types.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => one.name === family + suffix) || !types.has(family)) {
      fail(line, 'a series outside its family');
    }
    const id = JSON.stringify([one.name, Object.entries(one.labels).sort()]);
    if (seen.has(id)) fail(line, 'a series twice');
    seen.add(id);
    if (types.get(one.name) === 'counter' && !(one.value >= 0)) fail(line, 'a counter below zero');
    series.push(one);
  }
  return { types, series };
}
