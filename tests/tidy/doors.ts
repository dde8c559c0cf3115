/** House rules about doors: which room may import what from which other room. */
import { posix } from 'node:path';
import ts from 'typescript';
import { everyNode, isProduct, lineOf, type Complaint, type SourceFile } from './files.js';

/** What each room may use of others at run time, beside the ground. The roof may use everything. */
const doors: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  config: [],
  policy: [],
  guards: [],
  resources: [],
  metrics: [],
  advice: [],
  energy: ['guards', 'resources'],
  upstream: ['guards', 'resources'],
  redis: ['guards', 'resources'],
  databases: ['guards', 'resources'],
  cache: ['policy', 'guards', 'redis'],
  middleware: ['cache', 'policy', 'guards'],
  server: ['cache', 'policy', 'guards'],
  operations: [
    ...['cache', 'policy', 'guards', 'upstream', 'redis', 'databases'],
    ...['metrics', 'advice', 'resources'],
  ],
};

const floors: readonly (readonly string[])[] = [
  ['ground', 'config'],
  ['policy', 'guards', 'resources', 'metrics', 'advice'],
  ['cache', 'upstream', 'energy', 'redis', 'databases'],
  ['server', 'middleware', 'operations'],
  ['roof'],
];

const ground = /^src\/(clock|errors|log|message)\.ts$/;
/** What stands beside the ground without being of it joins the rooms; no room can reach it. */
const roof = /^src\/([^/]+\.ts$|command\/)/;

/** Where HTTP is spoken: Express stays at the edge. */
const edge = new Set(['server', 'middleware', 'operations', 'roof']);
const edgeModules = /^(node:)?(http|https|http2)$|^express(\/|$)/;

export function roomOf(path: string): string | undefined {
  if (ground.test(path)) return 'ground';
  if (roof.test(path)) return 'roof';
  const room = /^(?:src\/)?([^/]+)\//.exec(path)?.[1];
  return room !== undefined && Object.hasOwn(doors, room) ? room : undefined;
}

const floorOf = (room: string): number => floors.findIndex((floor) => floor.includes(room));

interface Import {
  readonly node: ts.Node;
  readonly from: string;
  readonly typeOnly: boolean;
}

export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node, from: ts.Node | undefined, typeOnly: boolean): void => {
    if (from !== undefined && ts.isStringLiteralLike(from)) {
      imports.push({ node, from: from.text, typeOnly });
    }
  };
  everyNode(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === typeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === importKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isNewExpression(node) && isModuleUrl(node)) add(node, node.arguments?.[0], false);
  });
  return imports;
}

const typeKeyword = ts.SyntaxKind.TypeKeyword;
const importKeyword = ts.SyntaxKind.ImportKeyword;

/** `new URL('./worker.js', import.meta.url)` loads a file as surely as an import does. */
function isModuleUrl(node: ts.NewExpression): boolean {
  return (
    node.expression.getText() === 'URL' && node.arguments?.[1]?.getText() === 'import.meta.url'
  );
}

export function doorsKept(file: SourceFile): Complaint[] {
  if (!isProduct(file.path)) return [];
  const room = roomOf(file.path);
  if (room === undefined) {
    return [{ path: file.path, line: 1, rule: 'rooms', what: 'this file stands in no room' }];
  }
  return importsOf(file).flatMap((one) => {
    const what = one.from.startsWith('.')
      ? betweenRooms(file.path, room, one)
      : edgeModules.test(one.from) && !edge.has(room)
        ? `${room} may not import ${one.from}`
        : undefined;
    return what === undefined
      ? []
      : [{ path: file.path, line: lineOf(file, one.node), rule: 'doors', what }];
  });
}

function betweenRooms(path: string, room: string, { from, typeOnly }: Import): string | undefined {
  const target = posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts');
  // Data beside the rooms (a page, a schema) is nobody's door.
  if (!isProduct(target)) return undefined;
  const other = roomOf(target);
  if (other === undefined) return `${target} stands in no room`;
  if (room === 'roof' || other === room || other === 'ground') return undefined;
  // Each room declares the options that it needs, and the roof hands over the slice.
  if (other === 'config') return `${room} may not import config`;
  if (typeOnly) {
    return floorOf(other) <= floorOf(room)
      ? undefined
      : `${room} may not import a type from ${other}, which is above it`;
  }
  return doors[room]?.includes(other) === true ? undefined : `${room} may not import ${other}`;
}
