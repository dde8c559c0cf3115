#!/usr/bin/env node
/** The `leyden` command: reads its words, runs what they ask, turns mistakes into sentences. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { processEnvironment } from '../../config/settings.js';
import { systemClock } from '../clock.js';
import { describeThrown, OperatorError } from '../errors.js';
import { check } from './check.js';
import { startCommand } from './start.js';

const USAGE = `leyden start [--config FILE]   run the gateway
leyden check [FILE]            say whether a settings file is good, and what is wrong in which line
`;

const USAGE_EXIT = 64;
const LEAVE_MS = 2000;

async function dispatch(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [word, ...rest] = positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (word === 'start' && rest.length === 0) return await startCommand(values.config);
  if (word === 'check' && rest.length <= 1) {
    return check(rest[0] ?? values.config, processEnvironment(), (line) => {
      process.stdout.write(`${line}\n`);
    });
  }
  process.stderr.write(USAGE);
  return USAGE_EXIT;
}

/** Resolves with the exit code; never rejects, and never shows a stack. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (thrown) {
    if (thrown instanceof OperatorError) {
      process.stderr.write(`${thrown.message}\n`);
      return thrown.exitCode;
    }
    const code = describeThrown(thrown)['code'] ?? '';
    if (code.startsWith('ERR_PARSE_ARGS')) {
      process.stderr.write(USAGE);
      return USAGE_EXIT;
    }
    process.stderr.write(
      `Leyden could not start (${Object.values(describeThrown(thrown)).join(' ')}).\n`,
    );
    return 1;
  }
}

const [, program] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(realpathSync(program)).href) {
  // Not `process.exit` at once: what was written to a pipe must still arrive.
  process.exitCode = await run(process.argv.slice(2));
  // What still holds the loop then, such as a pipe that nobody reads, would hold it for ever.
  systemClock.after(LEAVE_MS, () => process.exit());
}
