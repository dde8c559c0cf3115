#!/usr/bin/env node
/** The `leyden` command: reads its words, runs what they ask, turns mistakes into sentences. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSettings, packageRoot, processEnvironment } from '../../config/settings.js';
import { systemClock } from '../clock.js';
import { describeThrown, OperatorError } from '../errors.js';
import { check } from './check.js';
import { listCommand } from './list.js';
import { placeOf } from './place.js';
import { purgeCommand } from './purge.js';
import { topCommand } from './top.js';
import { warmCommand } from './warm.js';

const USAGE = `leyden start [--config FILE]   run the gateway
leyden check [FILE]            say whether a settings file is good, and what is wrong in which line
leyden explain URL [-H 'Name: value'] [--method GET]
                               say why a request is, or is not, answered from the cache
leyden purge URL [--mode delete|stale|refresh]
                               take back what is stored for a URL or a path
leyden list [--tag T] [--route PATTERN] [--prefix /path]
                               show what is stored
leyden warm URL… | FILE | --top N [--wait 10m]
                               compute answers before anybody asks, and wait until they are there
leyden top [--limit N]         show the stored answers that have saved the most computing
All but start and check ask the gateway at --operations http://127.0.0.1:9090 (the default is what
the settings say) with the token in OPERATIONS_TOKEN.
`;

const USAGE_EXIT = 64;
const LEAVE_MS = 2000;

const TEXT = { type: 'string' } as const;

interface Words {
  readonly config?: string | undefined;
  readonly operations?: string | undefined;
  readonly header?: string[] | undefined;
  readonly method?: string | undefined;
  readonly mode?: string | undefined;
  readonly tag?: string | undefined;
  readonly route?: string | undefined;
  readonly prefix?: string | undefined;
  readonly file?: string | undefined;
  readonly top?: string | undefined;
  readonly wait?: string | undefined;
  readonly limit?: string | undefined;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What is asked of a running gateway; false when it is none of that. */
async function ask(word: string | undefined, rest: readonly string[], words: Words) {
  const [url] = rest;
  const isOne = rest.length === 1 && url !== undefined;
  const isMany = rest.length > 0 || words.file !== undefined || words.top !== undefined;
  const isAsked =
    word === 'list' || word === 'top'
      ? rest.length === 0
      : word === 'warm'
        ? isMany
        : (word === 'explain' || word === 'purge') && isOne;
  if (!isAsked) return false;
  const root = packageRoot();
  const environment = processEnvironment();
  const settings = loadSettings({ file: words.config, environment, packageRoot: root });
  const place = placeOf(settings, words.operations);
  const { tag, route, prefix, mode, file, top, wait, limit } = words;
  if (word === 'list') await listCommand(place, { tag, route, prefix }, print);
  else if (word === 'warm') await warmCommand(place, { names: rest, file, top, wait }, print);
  else if (word === 'top') (await topCommand(place, limit)).forEach(print);
  else if (word === 'purge') (await purgeCommand(place, { url: url ?? '', mode })).forEach(print);
  else {
    const { method = 'GET', header: headers = [] } = words;
    const what = { url: url ?? '', method: method.toUpperCase(), headers };
    const { explainCommand } = await import('./explain.js');
    (await explainCommand(settings, place, what)).forEach(print);
  }
  return true;
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      operations: { type: 'string' },
      header: { type: 'string', short: 'H', multiple: true },
      ...{ method: TEXT, mode: TEXT, tag: TEXT, route: TEXT, prefix: TEXT },
      ...{ file: TEXT, top: TEXT, wait: TEXT, limit: TEXT },
    },
  });
  const [word, ...rest] = positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (word === 'start' && rest.length === 0) {
    // The other words shall not wait for a whole gateway to be loaded.
    const { startCommand } = await import('./start.js');
    return await startCommand(values.config);
  }
  if (word === 'check' && rest.length <= 1) {
    return check(rest[0] ?? values.config, processEnvironment(), print);
  }
  const asked = await ask(word, rest, values);
  if (asked) return 0;
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
