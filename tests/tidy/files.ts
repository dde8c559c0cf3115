/** The files that the house rules look at, and what a broken rule says. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Complaint {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly what: string;
}

export type Rule = (file: SourceFile) => Complaint[];

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What tools and people leave behind; none of it is ours to judge. */
const ignored = new Set(['node_modules', 'dist', 'coverage', '.cache', '.git']);
const textual = /\.(ts|mjs|js|json|ya?ml|md|html|css|sh|conf|toml)$|^\.ci\/run$|^LICENSE$/;
const generated = new Set(['package-lock.json']);

/** Every text file of the repository that somebody wrote. */
export function repositoryFiles(folder = root): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && textual.test(path) && !generated.has(path)) {
        found.push({ path, text: readFileSync(join(folder, path), 'utf8') });
      }
    }
  };
  walk('');
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const isTypeScript = (path: string): boolean => path.endsWith('.ts');
export const isCode = (path: string): boolean => /\.(ts|mjs)$/.test(path);
/** What is shipped: the rooms, and not what tests or measures them. */
export const isProduct = (path: string): boolean =>
  isTypeScript(path) && /^(src|middleware|config)\//.test(path);

const trees = new WeakMap<SourceFile, ts.SourceFile>();

export function treeOf(file: SourceFile): ts.SourceFile {
  let tree = trees.get(file);
  if (tree === undefined) {
    tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
    trees.set(file, tree);
  }
  return tree;
}

/** Calls `look` for every node, parents before children. */
export function everyNode(file: SourceFile, look: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    look(node);
    ts.forEachChild(node, visit);
  };
  visit(treeOf(file));
}

export function lineOf(file: SourceFile, node: ts.Node): number {
  const tree = treeOf(file);
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** The comments of a file, for what may not stand in them may well stand in a string. */
export function commentsOf(file: SourceFile): { readonly line: number; readonly text: string }[] {
  const tree = treeOf(file);
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(tree);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const start = node.getFullStart();
    for (const range of ts.getLeadingCommentRanges(file.text, start) ?? []) {
      ranges.set(range.pos, range);
    }
    for (const range of ts.getTrailingCommentRanges(file.text, node.getEnd()) ?? []) {
      ranges.set(range.pos, range);
    }
  };
  visit(tree);
  return [...ranges.values()].map((range) => ({
    line: tree.getLineAndCharacterOfPosition(range.pos).line + 1,
    text: file.text.slice(range.pos, range.end),
  }));
}
