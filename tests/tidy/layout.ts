/** House rules about the shape of a file: its caption, its length and that of its functions. */
import ts from 'typescript';
import { everyNode, isCode, lineOf, treeOf, type Complaint, type SourceFile } from './files.js';

const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 60;
const COLUMNS_MAX = 100;

/** Tools insist on what stands at the top of these. */
const captionless = new Set(['jest.config.ts', 'eslint.config.mjs']);

/** Counted in code points, as an editor shows them. */
const columns = (line: string): number => Array.from(line).length;

function linesOf(file: SourceFile): string[] {
  const lines = file.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The first line says in one sentence what the file is. */
export function caption(file: SourceFile): Complaint[] {
  if (!isCode(file.path) || captionless.has(file.path)) return [];
  const lines = linesOf(file);
  const line = lines[0]?.startsWith('#!') === true ? 2 : 1;
  const sentence = /^\/\*\* (.+\.) \*\/$/.exec(lines[line - 1] ?? '')?.[1];
  if (sentence === undefined) {
    const what = 'the first line is not /** One sentence that says what the file is. */';
    return [{ path: file.path, line, rule: 'caption', what }];
  }
  if (!/[.!?] [A-Z]/.test(sentence)) return [];
  return [{ path: file.path, line, rule: 'caption', what: 'the caption is several sentences' }];
}

export function fileLength(file: SourceFile): Complaint[] {
  if (!isCode(file.path)) return [];
  const count = linesOf(file).length;
  if (count <= FILE_LINES_MAX) return [];
  const what = `${count} lines; at most ${FILE_LINES_MAX}`;
  return [{ path: file.path, line: count, rule: 'file length', what }];
}

export function lineLength(file: SourceFile): Complaint[] {
  if (!isCode(file.path)) return [];
  return linesOf(file).flatMap((text, index) => {
    if (columns(text) <= COLUMNS_MAX) return [];
    const what = `${columns(text)} columns; at most ${COLUMNS_MAX}`;
    return [{ path: file.path, line: index + 1, rule: 'line length', what }];
  });
}

/**
 * A function's own lines: those of a function written inside it count as that one's. So a factory
 * may hold the methods it returns, and `describe` its tests, while each of them stays readable.
 */
export function functionLength(file: SourceFile): Complaint[] {
  if (!isCode(file.path)) return [];
  const complaints: Complaint[] = [];
  everyNode(file, (node) => {
    if (!isFunction(node)) return;
    const lines = ownLines(file, node);
    if (lines <= FUNCTION_LINES_MAX) return;
    const what = `a function of ${lines} lines; at most ${FUNCTION_LINES_MAX}`;
    complaints.push({ path: file.path, line: lineOf(file, node), rule: 'function length', what });
  });
  return complaints;
}

const isFunction = (node: ts.Node): boolean => ts.isFunctionLike(node) && 'body' in node;

function ownLines(file: SourceFile, node: ts.Node): number {
  const tree = treeOf(file);
  const span = (of: ts.Node): [number, number] => [
    tree.getLineAndCharacterOfPosition(of.getStart(tree)).line,
    tree.getLineAndCharacterOfPosition(of.getEnd()).line,
  ];
  const [first, last] = span(node);
  const foreign = new Set<number>();
  const visit = (child: ts.Node): void => {
    if (!isFunction(child)) {
      ts.forEachChild(child, visit);
      return;
    }
    const [from, to] = span(child);
    // The line on which an inner function begins also belongs to the outer one.
    for (let line = from + 1; line <= to; line += 1) foreign.add(line);
  };
  ts.forEachChild(node, visit);
  return last - first + 1 - foreign.size;
}
