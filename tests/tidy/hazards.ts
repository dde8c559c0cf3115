/** House rules about calls that have hurt gateways before, and about what a repository may tell. */
import ts from 'typescript';
import { importsOf } from './doors.js';
import { everyNode, isProduct, lineOf, type Complaint, type SourceFile } from './files.js';

/** Memory that was not cleared holds what somebody else's request left in it. */
const uncleared = /^Buffer\.allocUnsafe(Slow)?$/;

export function noHazards(file: SourceFile): Complaint[] {
  if (!isProduct(file.path)) return [];
  const complaints: Complaint[] = [];
  const complain = (node: ts.Node, what: string): void => {
    complaints.push({ path: file.path, line: lineOf(file, node), rule: 'hazard', what });
  };
  everyNode(file, (node) => {
    const text = ts.isPropertyAccessExpression(node) ? node.getText() : '';
    if (uncleared.test(text)) complain(node, `${text} hands out memory that is not cleared`);
    // Its keep-alive sockets can hand one caller's answer to the next.
    if (/^https?\.(Agent|globalAgent)$/.test(text)) complain(node, `${text} is not used here`);
    if (ts.isNewExpression(node) && leavesItsBase(file.path, node)) {
      complain(node, 'new URL(target, base) lets a target leave its base');
    }
  });
  for (const one of importsOf(file)) {
    if (!/^(node:)?https?$/.test(one.from) || !ts.isImportDeclaration(one.node)) continue;
    if (/\bAgent\b|\bglobalAgent\b/.test(one.node.importClause?.getText() ?? '')) {
      complain(one.node, `Agent of ${one.from} is not used here`);
    }
  }
  return complaints;
}

/** Our own files by `import.meta.url` are no target that a caller could choose. */
function leavesItsBase(path: string, node: ts.NewExpression): boolean {
  return (
    /^(src\/(upstream|server)|middleware)\//.test(path) &&
    node.expression.getText() === 'URL' &&
    node.arguments?.length === 2 &&
    node.arguments[1]?.getText() !== 'import.meta.url'
  );
}

/** Folders of some machine mean nothing to whoever clones the repository. */
const machinePath = /(?<![\w.~$}-])\/(?:work|root|home\/[a-z][\w-]*|Users\/\w+)\/[\w.]/;

export function noMachinePaths(file: SourceFile): Complaint[] {
  return file.text.split('\n').flatMap((text, index) => {
    const found = machinePath.exec(text)?.[0];
    if (found === undefined) return [];
    const what = `a folder of some machine: ${found}`;
    return [{ path: file.path, line: index + 1, rule: 'machine path', what }];
  });
}
