/** The environment: which variable is which setting; nothing else reads `process.env`. */
import { readFileSync, statSync } from 'node:fs';
import { nearest, shown } from './problems.js';
import { parseDuration, parseSize } from './units.js';
export function processEnvironment() {
    return { ...process.env };
}
/** Names that begin like settings and are none. */
const NOT_SETTINGS = new Set(['LEYDEN_CONFIG']);
const SECRET_FILE_BYTES_MAX = 64 * 2 ** 10;
/** `server.headersTimeout` is `LEYDEN_SERVER_HEADERS_TIMEOUT`. */
export function environmentName(path) {
    const words = path.map((name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/-/g, '_'));
    return `LEYDEN_${words.join('_').toUpperCase()}`;
}
/** All variables of one setting: its own name, the documents' names, and `*_FILE` for secrets. */
export function variablesOf(leaf) {
    const { aliases = [], secondsAliases = [], secret, address } = leaf.meta;
    const plain = [environmentName(leaf.path), ...aliases].map((name) => ({ name, seconds: false }));
    const timed = secondsAliases.map((name) => ({ name, seconds: true }));
    return [...plain, ...timed].flatMap(({ name, seconds }) => {
        const variable = { name, leaf, seconds, file: false };
        if (secret !== true && address !== true)
            return [variable];
        return [variable, { ...variable, name: `${name}_FILE`, file: true }];
    });
}
/** Text from outside the file becomes what the file would have held. */
export function coerce(kind, text) {
    if (kind === 'integer')
        return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    if (kind === 'flag') {
        if (/^(?:true|1|yes|on)$/i.test(text))
            return true;
        return /^(?:false|0|no|off)$/i.test(text) ? false : text;
    }
    if (kind === 'list' || (kind === 'texts' && /[,\n]/.test(text))) {
        return text.split(/[,\n]/).map((part) => part.trim());
    }
    return text;
}
/** Two texts say the same when the setting would be the same. */
function meaning(meta, text) {
    if (meta.kind === 'duration')
        return String(parseDuration(text) ?? text);
    if (meta.kind === 'size')
        return String(parseSize(text) ?? text);
    return JSON.stringify(coerce(meta.kind, text));
}
/**
 * Kubernetes gives every container the addresses of the services around it: a service that is
 * called `redis` sets `REDIS_PORT=tcp://10.0.0.1:6379`. Those are not settings.
 */
function isServiceLink(name, value) {
    if (name.endsWith('_PORT'))
        return /^(?:tcp|udp):\/\//.test(value);
    if (/_SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(name))
        return true;
    return /_PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name);
}
/** What a variable says, or why it cannot be known. */
function read(variable, given) {
    if (given === '')
        return { fault: 'is set but empty; give it a value or unset it.' };
    let text = given;
    if (variable.file) {
        try {
            if (statSync(given).size > SECRET_FILE_BYTES_MAX) {
                return { fault: 'names a file of more than 64 KiB, which is no secret.' };
            }
            text = readFileSync(given, 'utf8').replace(/\r?\n$/, '');
        }
        catch {
            return { fault: 'names a file that cannot be read.' };
        }
        if (text === '')
            return { fault: 'names an empty file.' };
    }
    return { text: variable.seconds && /^\d{1,10}$/.test(text) ? `${text}s` : text };
}
function unknownNames(environment, known) {
    const names = new Set(known.map(({ name }) => name));
    return Object.entries(environment).flatMap(([name, value]) => {
        const ours = name.startsWith('LEYDEN_') && !name.startsWith('LEYDEN_TEST_');
        if (!ours || names.has(name) || NOT_SETTINGS.has(name) || value === undefined)
            return [];
        if (isServiceLink(name, value))
            return [];
        const near = nearest(name, [...names]);
        const hint = near === undefined ? '' : `; did you mean ${near}?`;
        return [{ where: shown(name, 128), text: `this is not a setting${hint || '.'}` }];
    });
}
/** Everything that the environment says about the settings. */
export function readOverrides(environment, leaves) {
    const problems = [];
    const overrides = [];
    const known = [];
    for (const leaf of leaves) {
        const said = [];
        for (const variable of variablesOf(leaf)) {
            known.push(variable);
            const given = environment[variable.name];
            if (given === undefined || isServiceLink(variable.name, given))
                continue;
            const outcome = read(variable, given);
            if ('fault' in outcome)
                problems.push({ where: variable.name, text: outcome.fault });
            else
                said.push({ name: variable.name, text: outcome.text });
        }
        const [first, ...others] = said;
        if (first === undefined)
            continue;
        const different = others.find(({ text }) => meaning(leaf.meta, text) !== meaning(leaf.meta, first.text));
        if (different !== undefined) {
            const text = `says something else than ${first.name}, and both are ${leaf.path.join('.')}.`;
            problems.push({ where: different.name, text });
        }
        overrides.push({
            path: leaf.path,
            name: first.name,
            value: coerce(leaf.meta.kind, first.text),
        });
    }
    problems.push(...unknownNames(environment, known));
    return { overrides, problems };
}
//# sourceMappingURL=environment.js.map