/** The house rules seen at work: a planted fault of shape, door or paper is reported. */
import { describe, expect, it } from '@jest/globals';
import { doorsKept, roomOf } from './doors.js';
import type { Rule } from './files.js';
import { caption, fileLength, functionLength, lineLength } from './layout.js';
import { everyDependencyHasItsRow, everyRoomIsDrawn } from './papers.js';

const captioned = (text: string): string => `/** A file that is planted here. */\n${text}`;
const heard = (rule: Rule, path: string, text: string): string[] =>
  rule({ path, text }).map((complaint) => `${complaint.line} ${complaint.what}`);
const lines = (count: number, text = 'x;'): string => `${text}\n`.repeat(count);

describe('the shape of a file', () => {
  it.each([
    ['no caption', 'export const a = 1;\n'],
    ['a caption without a full stop', '/** A file */\n'],
    ['a caption of two sentences', '/** A file. It does things. */\n'],
    ['a caption on two lines', '/**\n * A file.\n */\n'],
    ['a caption in the second line', '\n/** A file. */\n'],
    ['a plain comment', '// A file.\n'],
  ])('is refused with %s', (_name, text) => {
    expect(heard(caption, 'src/cache/a.ts', text)).toHaveLength(1);
  });

  it.each([
    ['one sentence', '/** A file: one thing, e.g. a key. */\n'],
    ['a line for the shell before it', '#!/usr/bin/env node\n/** A command. */\n'],
  ])('is accepted with a caption of %s', (_name, text) => {
    expect(heard(caption, 'src/cache/a.ts', text)).toEqual([]);
  });

  it('is 250 lines at most', () => {
    expect(heard(fileLength, 'src/cache/a.ts', lines(250))).toEqual([]);
    expect(heard(fileLength, 'src/cache/a.ts', lines(251))).toEqual(['251 251 lines; at most 250']);
  });

  it('is 100 columns wide at most', () => {
    expect(heard(lineLength, 'src/cache/a.ts', `\n${'é'.repeat(100)}\n`)).toEqual([]);
    expect(heard(lineLength, 'src/cache/a.ts', `\n${'é'.repeat(101)}\n`)).toEqual([
      '2 101 columns; at most 100',
    ]);
  });

  it.each([
    ['a function', (body: string) => `function f() {\n${body}}\n`],
    ['an arrow', (body: string) => `const f = () => {\n${body}};\n`],
    ['a method', (body: string) => `class A {\nm() {\n${body}}\n}\n`],
    ['a constructor', (body: string) => `class A {\nconstructor() {\n${body}}\n}\n`],
    ['a test', (body: string) => `describe('x', () => {\nit('y', () => {\n${body}});\n});\n`],
    ['a function that holds others', (body: string) => `function f() {\n${body}g(() => 1);}\n`],
  ])('has functions of 60 lines at most: %s', (_name, make) => {
    expect(heard(functionLength, 'src/cache/a.ts', make(lines(58)))).toEqual([]);
    expect(heard(functionLength, 'src/cache/a.ts', make(lines(59)))).toHaveLength(1);
  });

  it('may hold a factory of many short functions', () => {
    const method = `m: () => {\n${lines(20)}},\n`;
    const factory = `function f() {\nreturn {\n${method.repeat(5)}};\n}\n`;
    expect(heard(functionLength, 'src/cache/a.ts', factory)).toEqual([]);
  });
});

describe('the doors of a room', () => {
  it.each([
    ['src/policy/a.ts', "import { b } from '../guards/b.js';"],
    ['src/policy/a.ts', "import type { B } from '../cache/b.js';"],
    ['src/policy/a.ts', "type B = import('../cache/b.js').B;"],
    ['src/cache/a.ts', "import { b } from '../upstream/b.js';"],
    ['src/cache/a.ts', "export { b } from '../upstream/b.js';"],
    ['src/cache/a.ts', "export * from '../energy/b.js';"],
    ['src/cache/a.ts', "const b = await import('../energy/b.js');"],
    ['src/cache/a.ts', "new Worker(new URL('../energy/b.js', import.meta.url));"],
    ['src/cache/a.ts', "import '../metrics/b.js';"],
    ['src/cache/a.ts', "import { type B, b } from '../operations/b.js';"],
    ['src/cache/a.ts', "import { b } from '../../middleware/b.js';"],
    ['src/energy/a.ts', "import { b } from '../redis/b.js';"],
    ['src/server/a.ts', "import { b } from '../upstream/b.js';"],
    ['src/operations/a.ts', "import { b } from '../energy/b.js';"],
    ['middleware/a.ts', "import { b } from '../src/server/b.js';"],
    ['src/cache/a.ts', "import { b } from '../../config/b.js';"],
    ['src/server/a.ts', "import type { B } from '../../config/b.js';"],
    ['config/a.ts', "import { b } from '../src/policy/b.js';"],
    ['src/clock.ts', "import { b } from './cache/b.js';"],
    ['src/operations/a.ts', "import { b } from '../app.js';"],
    ['src/cache/a.ts', "import { b } from '../pantry/b.js';"],
    ['src/pantry/a.ts', 'export {};'],
    ['src/cache/a.ts', "import { b } from '../interior.js';"],
    ['src/cache/a.ts', "import { createServer } from 'node:http';"],
    ['src/upstream/a.ts', "import https from 'https';"],
    ['src/policy/a.ts', "import type { Request } from 'express';"],
  ])('are shut: %s, %s', (path, text) => {
    expect(heard(doorsKept, path, captioned(text))).toHaveLength(1);
  });

  it.each([
    ['src/cache/a.ts', "import { b } from '../policy/b.js';"],
    ['src/cache/a.ts', "import { b } from './sub/b.js';"],
    ['src/cache/sub/a.ts', "import { b } from '../b.js';"],
    ['src/cache/a.ts', "import type { B } from '../energy/b.js';"],
    ['src/cache/a.ts', "import { Failure } from '../errors.js';"],
    ['config/a.ts', "import { OperatorError } from '../src/errors.js';"],
    ['middleware/a.ts', "import type { Request } from 'express';"],
    ['src/server/a.ts', "import { createServer } from 'node:http';"],
    ['src/command/a.ts', "import { b } from '../../config/b.js';"],
    ['src/app.ts', "import { b } from './energy/b.js';"],
    ['tests/a.ts', "import { createServer } from 'node:http';"],
  ])('are open: %s, %s', (path, text) => {
    expect(heard(doorsKept, path, captioned(text))).toEqual([]);
  });

  it('lead to the room that a path stands in', () => {
    expect(roomOf('src/energy/kernels/a.ts')).toBe('energy');
    expect(roomOf('src/energy-main.ts')).toBe('roof');
    expect(roomOf('src/constructor/a.ts')).toBeUndefined();
  });
});

describe('the papers', () => {
  const manifest = JSON.stringify({
    dependencies: { a: '1.0.0' },
    devDependencies: { b: '2.0.0' },
  });
  const table = '| package | version | for |\n| --- | --- | --- |\n| `a` | 1.0.0 | x |\n';
  const heardOf = (paper: string): string[] =>
    everyDependencyHasItsRow(manifest, paper).map((complaint) => complaint.what);

  it('list every package with its version and no other', () => {
    expect(heardOf(`${table}| \`b\` | 2.0.0 | y |\n`)).toEqual([]);
    expect(heardOf(table)).toEqual(['b has no row']);
    expect(heardOf(`${table}| \`b\` | 2.0.1 | y |\n`)).toEqual(['b is 2.0.0, its row says 2.0.1']);
    expect(heardOf(`${table}| b | 2.0.0 | y |\n| c | 1 | z |\n`)).toEqual([
      'c has a row but is not used',
    ]);
  });

  it('draw every room', () => {
    const cache = { path: 'src/cache/a.ts', text: '' };
    const readme = (text: string) => ({ path: 'README.md', text });
    expect(everyRoomIsDrawn([cache, readme('`src/cache/`')])).toEqual([]);
    expect(everyRoomIsDrawn([cache, readme('nothing')])).toHaveLength(1);
  });
});
