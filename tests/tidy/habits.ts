/** House rules about habits: who reads the time and the environment, and what may not stay. */
import ts from 'typescript';
import { importsOf } from './doors.js';
import { commentsOf, everyNode, isProduct, isTypeScript, lineOf, treeOf } from './files.js';
import type { Complaint, SourceFile } from './files.js';

/** Files that may read the time or set timers, each with its reason. */
export const timekeepers: Readonly<Record<string, string>> = {
  'src/clock.ts': 'It is the clock.',
};

const timers = new Set(['setTimeout', 'setInterval']);
const timeReads = /^(Date\.now|performance\.(now|timeOrigin)|process\.(hrtime|uptime)\b.*)$/;
const timeModules = /^(node:)?(timers(\/promises)?|perf_hooks)$/;

/** A name as it is read: not `x.setTimeout`, not a property of that name, not a string. */
function isFreeName(node: ts.Node, names: ReadonlySet<string>): boolean {
  if (!ts.isIdentifier(node) || !names.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return parent.expression.getText() === 'globalThis';
  }
  return !(
    (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) &&
    parent.name === node
  );
}

function readsTime(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText().replace(/^globalThis\./, '');
    return timeReads.test(text) || text === 'AbortSignal.timeout';
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
    return (node.arguments?.length ?? 0) === 0;
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return true;
  return isFreeName(node, timers);
}

/** Only the clock reads the time and sets timers; a given moment may be written as a date. */
export function timeFromTheClock(file: SourceFile): Complaint[] {
  if (!isProduct(file.path) || file.path in timekeepers) return [];
  const what = 'only src/clock.ts reads the time or sets timers';
  const modules = importsOf(file).filter((one) => timeModules.test(one.from));
  const nodes = modules.map((one) => one.node);
  everyNode(file, (node) => {
    if (readsTime(node)) nodes.push(node);
  });
  return nodes.map((node) => ({
    path: file.path,
    line: lineOf(file, node),
    rule: 'time',
    what,
  }));
}

/** Only config/ reads the environment. */
export function environmentInConfig(file: SourceFile): Complaint[] {
  if (!isProduct(file.path) || file.path.startsWith('config/')) return [];
  const complaints: Complaint[] = [];
  const what = 'only config/ reads the environment';
  everyNode(file, (node) => {
    const reads =
      (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') ||
      (ts.isElementAccessExpression(node) && /^process\[.env.\]$/.test(node.getText())) ||
      (ts.isImportSpecifier(node) &&
        (node.propertyName ?? node.name).text === 'env' &&
        /process['"]/.test(node.parent.parent.parent.getText()));
    if (reads) complaints.push({ path: file.path, line: lineOf(file, node), rule: 'env', what });
  });
  return complaints;
}

const leftWords =
  /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|eslint-disable(?!.* -- )/;
const focused = /^(describe|it|test)(\.concurrent)?\.(only|skip|todo|failing)\b/;
const focusedNames = new Set(['xit', 'xdescribe', 'xtest', 'fit', 'fdescribe']);

/** Nothing is left for later, silenced without a reason, or left out of the tests. */
export function nothingLeftForLater(file: SourceFile): Complaint[] {
  if (!isTypeScript(file.path)) return [];
  const complaints: Complaint[] = [];
  const complain = (line: number, what: string): void => {
    complaints.push({ path: file.path, line, rule: 'left for later', what });
  };
  for (const comment of commentsOf(file)) {
    const word = leftWords.exec(comment.text)?.[0];
    if (word !== undefined) complain(comment.line, `${word} in a comment`);
  }
  everyNode(file, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) complain(lineOf(file, node), 'the type any');
    if (!ts.isCallExpression(node)) return;
    const callee = node.expression.getText(treeOf(file));
    if (focused.test(callee) || focusedNames.has(callee)) complain(lineOf(file, node), callee);
    if (isProduct(file.path) && callee.startsWith('console.')) complain(lineOf(file, node), callee);
  });
  return complaints;
}
