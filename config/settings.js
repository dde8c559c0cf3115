/** The settings: read from the file and the environment, checked, completed and frozen. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../src/errors.js';
import { contradictions } from './contradictions.js';
import { coerce, readOverrides } from './environment.js';
import { isGroup, judge, valueAt } from './judge.js';
import { schema } from './schema/all.js';
import { FILE_BYTES_MAX, readSource } from './source.js';
import { leaves, schemaAt } from './walk.js';
export { processEnvironment } from './environment.js';
export { maskSettings, settingsDiff } from './mask.js';
export { notYetSet, settingsWarnings } from './notice.js';
/** Shorter fillings (a port, a level) are no secrets, and words of the sentences contain them. */
const SCRUBBED_CHARS_MIN = 8;
const HEAD_MS = 60_000;
/** The built-in service computes for long where others would have answered. */
const HEAD_LOCAL_MS = 120_000;
/** The folder of the package, seen from the source and from what is built out of it. */
export function packageRoot() {
    const here = dirname(fileURLToPath(import.meta.url));
    const above = dirname(here);
    return existsSync(join(above, 'package.json')) ? above : dirname(above);
}
/** The settings file that comes with the package. */
export function defaultConfigPath(root = packageRoot()) {
    return join(root, 'config', 'gateway.yaml');
}
/** Which file holds the settings. */
export function settingsFile({ file, environment, packageRoot: root }) {
    return resolve(file ?? environment['LEYDEN_CONFIG'] ?? defaultConfigPath(root));
}
function complete(parsed, folder) {
    const inFolder = (path) => (isAbsolute(path) ? path : resolve(folder, path));
    const upstreams = Object.entries(parsed.upstreams).map(([name, { timeout, ca, ...rest }]) => {
        const head = timeout.head ?? (rest.url === 'local' ? HEAD_LOCAL_MS : HEAD_MS);
        const connect = timeout.connect ?? parsed.http.pool.connectTimeout;
        return [
            name,
            {
                ...rest,
                ...(ca === undefined ? {} : { ca: inFolder(ca) }),
                connections: rest.connections ?? parsed.http.pool.max,
                timeout: { connect, head, idle: timeout.idle },
            },
        ];
    });
    const most = Math.floor(parsed.memory.maxBytes / 8);
    const routes = parsed.routes.map(({ cache, ...route }) => {
        if (cache === undefined || cache === 'http')
            return { ...route, cache };
        return { ...route, cache: { ...cache, maxBytes: cache.maxBytes ?? most } };
    });
    return { ...parsed, upstreams: Object.fromEntries(upstreams), routes };
}
function freeze(value) {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
        Object.freeze(value);
        for (const inner of Object.values(value))
            freeze(inner);
    }
    return value;
}
/** Sets a value deep inside plain groups, which are made where they are missing. */
function put(root, path, value) {
    let at = root;
    for (const key of path.slice(0, -1)) {
        const inner = (at[key] ??= {});
        // A plain value in the place of a group is the file's mistake, and judged as such.
        if (typeof inner !== 'object')
            return;
        at = inner;
    }
    const last = path.at(-1);
    if (last !== undefined)
        at[last] = value;
}
/** A group whose lines are all commented out holds nothing; YAML says null. */
function dropEmptyGroups(value, path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return;
    const map = value;
    for (const [name, inner] of Object.entries(map)) {
        const at = [...path, name];
        if (inner === null && isGroup(at))
            map[name] = {};
        else
            dropEmptyGroups(inner, at);
    }
}
function readFile(path, label) {
    try {
        if (statSync(path).size > FILE_BYTES_MAX) {
            throw new OperatorError(`${label}: a settings file may have 1 MiB at most.`);
        }
        return readFileSync(path, 'utf8');
    }
    catch (thrown) {
        if (thrown instanceof OperatorError)
            throw thrown;
        throw new OperatorError(`${label}: the settings file cannot be read.`);
    }
}
/** Where a complaint belongs: the variable that said it, else the line of the file. */
function located(complaint, source, label, said) {
    const { path, text, atName } = complaint;
    const variable = said.find(({ path: at }) => at.every((key, index) => path[index] === key));
    if (variable !== undefined)
        return { where: variable.name, text };
    const { line, column } = atName ? source.placeOfName(path) : source.placeOf(path);
    return { where: `${label}:${line}:${column}`, text };
}
/** Variables first, then the lines of the file from its top. */
function byPlace(a, b) {
    const place = ({ where }) => (/:(\d+):(\d+)$/.exec(where) ?? []).slice(1).map(Number);
    const [[lineA = 0, columnA = 0], [lineB = 0, columnB = 0]] = [place(a), place(b)];
    return lineA - lineB || columnA - columnB;
}
function refuse(problems, secrets) {
    const sentences = new Set([...problems].sort(byPlace).map(({ where, text }) => `${where}: ${text}`));
    let all = [...sentences].join('\n');
    for (const secret of secrets)
        if (secret.length >= SCRUBBED_CHARS_MIN)
            all = all.replaceAll(secret, '***');
    throw new OperatorError(all);
}
/** Reads, checks and freezes the settings; throws an OperatorError with every mistake. */
export function loadSettings(options) {
    const path = settingsFile(options);
    const fromRoot = relative(options.packageRoot, path);
    const outside = fromRoot.startsWith('..') || isAbsolute(fromRoot);
    const label = options.file ?? (outside ? path : fromRoot);
    const source = readSource(readFile(path, label), label, options.environment);
    const root = source.value ?? {};
    if (source.problems.length > 0)
        refuse(source.problems, source.fillings);
    if (typeof root !== 'object' || Array.isArray(root)) {
        refuse([{ where: `${label}:1:1`, text: 'the file must be a group of settings.' }], []);
    }
    for (const at of source.filled) {
        const text = valueAt(root, at);
        const kind = schemaAt(schema, at)?.meta.kind;
        if (typeof text === 'string')
            put(root, at, coerce(kind, text));
    }
    dropEmptyGroups(root, []);
    const named = Object.keys(Object(valueAt(root, ['upstreams'])));
    const { overrides, problems } = readOverrides(options.environment, leaves(schema, () => named));
    for (const { path: at, value } of overrides)
        put(root, at, value);
    const locate = (complaint) => located(complaint, source, label, overrides);
    const judged = judge(root);
    if (judged.kind === 'refused') {
        refuse([...problems, ...judged.complaints.map(locate)], source.fillings);
    }
    const settings = complete(judged.parsed, dirname(path));
    const found = contradictions(settings, existsSync).map(locate);
    if (problems.length > 0 || found.length > 0)
        refuse([...problems, ...found], source.fillings);
    return freeze(settings);
}
//# sourceMappingURL=settings.js.map