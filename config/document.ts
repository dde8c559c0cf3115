/** docs/settings.md, made from the schema: every setting with its default, limits and variables. */
import type * as z from 'zod';
import { environmentName, variablesOf } from './environment.js';
import { schema } from './schema/all.js';
import { childOf, handedDown, leaves, shapeOf, unwrap } from './walk.js';
import type { SettingMeta } from './setting.js';

const HEAD = `<!-- Made from the schema in config/schema/ by \`npm run build\`; change it there. -->
# Settings

One file, \`config/gateway.yaml\` unless \`--config FILE\` or \`LEYDEN_CONFIG\` names another. It is
checked whole before the first request: an unknown name, a bad unit or a contradiction is refused
with the line that is wrong. \`npx --no leyden check FILE\` does only that.

- **Durations** are \`250ms\`, \`30s\`, \`10m\`, \`2h\`, \`1d\`; **sizes** are \`512\` (bytes),
  \`64KiB\`, \`5MiB\`, \`1GiB\`, or \`KB\`, \`MB\`, \`GB\` for powers of ten; **percentages** are
  \`10%\`.
- **\`\${NAME}\`** inside a value is filled in from the environment; one that is not set is refused.
  \`$\${\` is a plain \`\${\`. Inside \`{ }\` and \`[ ]\` such a value needs quotes.
- **The environment beats the file.** A setting \`a.bC\` is \`LEYDEN_A_B_C\`; further names stand in
  the tables. A list is separated by commas. Two names for one setting that differ are refused,
  and so are an empty variable and an unknown \`LEYDEN_\` name. \`LEYDEN_TEST_\` names are left
  alone.
- **Secrets** and addresses with passwords may come from a file: \`NAME_FILE\` names it.
- **A changed file** is picked up while the gateway runs (SIGHUP makes it look at once). Settings
  marked *live* take effect then, the others at the next start; a bad file changes nothing.
- Settings marked *later* are accepted and checked, but have no effect in this version.
`;

type Schema = z.core.$ZodType;

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function defaultOf(node: Schema): string {
  const def = (node as z.core.$ZodTypes)._zod.def;
  if (def.type !== 'prefault' && def.type !== 'default') {
    return def.type === 'optional' ? '' : 'required';
  }
  const value = def.defaultValue;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `\`${value.join(', ')}\``;
  return typeof value === 'object' ? 'none' : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

function meaning(meta: SettingMeta): string {
  const marks = [meta.live === true && '*live*', meta.notYet === true && '*later*'];
  // The examples of units stand once, at the top.
  const said = meta.must?.replace(/, such as (?:250ms|512|10%).*$/, '');
  const must = said === undefined || meta.kind === 'flag' ? '' : ` It must be ${said}.`;
  const marked = marks.filter((mark) => mark !== false).join(', ');
  return `${meta.description ?? ''}${must}${marked === '' ? '' : ` (${marked})`}`;
}

function row(name: string, node: Schema, meta: SettingMeta, variables: readonly string[]): string {
  const names = variables.map((variable) => `\`${variable}\``).join(' ');
  const cells = [`\`${name}\``, defaultOf(node), meaning(meta), ...(names === '' ? [] : [names])];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const wide = (rows: readonly string[]): string =>
  ['| setting | default | meaning | environment |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
const narrow = (rows: readonly string[]): string =>
  ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');

/** A group with fixed names: one table with the variables of each setting. */
function fixedGroup(name: string, node: Schema): string {
  const { meta } = unwrap(node);
  const down = handedDown({}, meta);
  const rows = leaves(node, () => [], [name]).map((leaf) => {
    const marks = { ...down, ...leaf.meta };
    const names = variablesOf(leaf).map((variable) => variable.name);
    return row(leaf.path.join('.'), leaf.schema, marks, names);
  });
  const isGroup = shapeOf(node) !== undefined;
  return `## ${name}\n\n${isGroup ? `${meta.description ?? ''}\n\n` : ''}${wide(rows)}\n`;
}

/** The members of a map or a list, which have no variables of fixed names. */
function memberRows(node: Schema, prefix: string, inherited: SettingMeta): string[] {
  const { meta, core } = unwrap(node);
  const down = handedDown(inherited, meta);
  const shape = shapeOf(core);
  const def = (core as z.core.$ZodTypes)._zod.def;
  const options = def.type === 'union' ? def.options : [];
  const nested = options.find((option) => shapeOf(option) !== undefined);
  const own =
    shape === undefined && prefix !== '' ? [row(prefix, node, { ...down, ...meta }, [])] : [];
  const inner = Object.entries(shape ?? (nested === undefined ? {} : (shapeOf(nested) ?? {})));
  const dot = prefix === '' ? '' : '.';
  return [
    ...own,
    ...inner.flatMap(([name, child]) => memberRows(child, `${prefix}${dot}${name}`, down)),
  ];
}

function memberGroup(name: string, member: string | number, more: string): string {
  const node = childOf(schema, name);
  if (node === undefined) return '';
  const { meta } = unwrap(node);
  const child = childOf(node, member);
  const rows = child === undefined ? [] : memberRows(child, '', {});
  const live = meta.live === true ? ' (*live*)' : '';
  return `## ${name}\n\n${meta.description ?? ''}${live} ${more}\n\n${narrow(rows)}\n`;
}

export function settingsMarkdown(): string {
  const example = environmentName(['upstreams', 'reports', 'timeout', 'head']);
  const parts = Object.entries(shapeOf(schema) ?? {}).map(([name, node]) => {
    if (name === 'routes') return memberGroup(name, 0, 'Routes stand in the file only.');
    if (name !== 'upstreams') return fixedGroup(name, node);
    const more =
      `Of an upstream that the file names, the environment may say more: ` + `\`${example}\`.`;
    return memberGroup(name, 'any', more);
  });
  return [HEAD, ...parts].join('\n');
}
