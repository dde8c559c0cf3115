/** The command `leyden check`: is a settings file good, and if not, what is wrong in which line. */
import {
  loadSettings,
  notYetSet,
  packageRoot,
  settingsFile,
  settingsWarnings,
  type Environment,
} from '../../config/settings.js';
import { OperatorError } from '../errors.js';

const counted = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? '' : 's'}`;

/** Prints what there is to say and returns the exit code. */
export function check(
  file: string | undefined,
  environment: Environment,
  print: (line: string) => void,
): number {
  const options = { file, environment, packageRoot: packageRoot() };
  try {
    const settings = loadSettings(options);
    const routes = counted(settings.routes.length, 'route');
    const upstreams = counted(Object.keys(settings.upstreams).length, 'upstream');
    print(`${file ?? settingsFile(options)} is good: ${routes}, ${upstreams}`);
    const later = notYetSet(settings);
    if (later.length > 0) print(`Without effect in this version: ${later.join(', ')}.`);
    for (const warning of settingsWarnings(settings)) print(warning);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof OperatorError)) throw thrown;
    for (const sentence of thrown.message.split('\n')) print(sentence);
    return thrown.exitCode;
  }
}
