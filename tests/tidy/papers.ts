/** House rules about papers: what the README and the list of dependencies must mention. */
import type { Complaint, SourceFile } from './files.js';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/** The first two cells of each row of a Markdown table. */
function rowsOf(text: string): Map<string, string> {
  const rows = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, version] = /^\|\s*`?([^|`]+?)`?\s*\|\s*([^|]+?)\s*\|/.exec(line) ?? [];
    if (name !== undefined && version !== undefined) rows.set(name, version);
  }
  return rows;
}

/** Every package that we chose has a row that says its version and why. */
export function everyDependencyHasItsRow(packageJson: string, paper: string): Complaint[] {
  const manifest = JSON.parse(packageJson) as Manifest;
  const wanted = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.overrides,
  });
  const rows = rowsOf(paper);
  const complain = (what: string): Complaint => ({
    path: 'docs/dependencies.md',
    line: 1,
    rule: 'dependencies',
    what,
  });
  const missing = wanted.flatMap(([name, version]) => {
    const row = rows.get(name);
    if (row === undefined) return [complain(`${name} has no row`)];
    return row === version ? [] : [complain(`${name} is ${version}, its row says ${row}`)];
  });
  const names = new Set(wanted.map(([name]) => name));
  const left = [...rows.keys()].filter((name) => name !== 'package' && !/^-+$/.test(name));
  const gone = left.filter((name) => !names.has(name));
  return [...missing, ...gone.map((name) => complain(`${name} has a row but is not used`))];
}

/** Every room is in the drawing. */
export function everyRoomIsDrawn(files: readonly SourceFile[]): Complaint[] {
  const readme = files.find((file) => file.path === 'README.md');
  if (readme === undefined) return [];
  const rooms = files.flatMap(({ path }) => {
    const room = /^(src\/[^/]+\/|middleware\/|config\/|tests\/|bench\/|docs\/)/.exec(path)?.[1];
    return room === undefined ? [] : [room];
  });
  return [...new Set(rooms)]
    .filter((room) => !readme.text.includes(room))
    .map((room) => ({ path: 'README.md', line: 1, rule: 'rooms', what: `${room} is missing` }));
}
