/** The settings file as plain values, with the line and column of each, and `${ENV}` filled in. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { nameOf, shown } from './problems.js';
export const FILE_BYTES_MAX = 2 ** 20;
const DEPTH_MAX = 32;
const NODES_MAX = 100_000;
const ALIASES_MAX = 100;
const keyOf = (path) => JSON.stringify(path);
/** One sentence for each mistake that YAML can tell by itself; its own words quote the file. */
const YAML_SENTENCES = {
    DUPLICATE_KEY: 'this name stands twice in the same group',
    TAB_AS_INDENT: 'the line is indented with a tab; YAML wants spaces',
    BAD_INDENT: 'the line is indented wrongly, or a bracket is not closed',
    MULTIPLE_DOCS: 'a second document begins here; the file must hold one',
    BAD_ALIAS: 'this alias names no anchor, or is not well formed',
    TAG_RESOLVE_FAILED: 'tags such as !name are not used here',
    NON_STRING_KEY: 'a name must be a plain word',
};
class Reader {
    document;
    lines;
    label;
    environment;
    problems = [];
    filled = [];
    fillings = [];
    values = new Map();
    names = new Map();
    nodes = 0;
    aliases = 0;
    stopped = false;
    constructor(document, lines, label, environment) {
        this.document = document;
        this.lines = lines;
        this.label = label;
        this.environment = environment;
    }
    place(offset) {
        const { line, col } = this.lines.linePos(offset);
        return { line: Math.max(line, 1), column: Math.max(col, 1) };
    }
    problem(place, text) {
        this.problems.push({ where: `${this.label}:${place.line}:${place.column}`, text });
    }
    refuseSize(place) {
        if (!this.stopped) {
            this.problem(place, 'the file is nested too deep, or its aliases expand to too much.');
        }
        this.stopped = true;
    }
    read(node, path) {
        if (node === null || node === undefined || this.stopped)
            return undefined;
        const range = node.range;
        const place = this.place(range?.[0] ?? 0);
        this.nodes += 1;
        if (path.length > DEPTH_MAX || this.nodes > NODES_MAX) {
            this.refuseSize(place);
            return undefined;
        }
        if (isAlias(node)) {
            this.aliases += 1;
            if (this.aliases > ALIASES_MAX) {
                this.refuseSize(place);
                return undefined;
            }
            const target = node.resolve(this.document);
            if (target === undefined)
                this.problem(place, 'this alias names no anchor.');
            const value = this.read(target, path);
            this.values.set(keyOf(path), place);
            return value;
        }
        this.values.set(keyOf(path), place);
        if (isMap(node))
            return this.readMap(node.items, path);
        if (isSeq(node))
            return node.items.map((item, at) => this.read(item, [...path, at]));
        if (!isScalar(node))
            return undefined;
        return typeof node.value === 'string' ? this.fill(node.value, path, place) : node.value;
    }
    readMap(items, path) {
        const group = {};
        for (const { key, value } of items) {
            const offset = key?.range?.[0] ?? 0;
            const place = this.place(offset);
            const name = isScalar(key) ? key.value : undefined;
            if ((typeof name !== 'string' && typeof name !== 'number') || name === '__proto__') {
                this.problem(place, 'a name must be a plain word.');
                continue;
            }
            const inner = [...path, String(name)];
            this.names.set(keyOf(inner), place);
            const empty = value === null || (isScalar(value) && value.value === null);
            if (empty)
                this.values.set(keyOf(inner), place);
            group[String(name)] = empty ? null : this.read(value, inner);
        }
        return group;
    }
    /** `${NAME}` becomes the variable's value; `$${` is a plain `${`. */
    fill(text, path, place) {
        if (!text.includes('${'))
            return text;
        this.filled.push(path);
        return text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, name, end) => {
            if (whole === '$${')
                return '${';
            return end === '}' ? this.lookUp(name ?? '', path, place) : this.unnamed(path, place);
        });
    }
    unnamed(path, place) {
        this.problem(place, `${nameOf(path)} holds \${ without the name of a variable and }.`);
        return '';
    }
    lookUp(name, path, place) {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
            return this.unnamed(path, place);
        const value = Object.hasOwn(this.environment, name) ? this.environment[name] : undefined;
        if (value === undefined || value === '') {
            const state = value === undefined ? 'not set' : 'empty';
            this.problem(place, `${nameOf(path)} needs the variable ${shown(name)}, which is ${state}.`);
            return '';
        }
        this.fillings.push(value);
        return value;
    }
}
/** Reads YAML; whatever is wrong with it as YAML is among the problems. */
export function readSource(text, label, environment) {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const reader = new Reader(document, lines, label, environment);
    // One slip in the brackets makes YAML stumble over everything that follows: name the first only.
    const faults = [...document.errors, ...document.warnings];
    const lasting = faults.filter(({ code }) => code in YAML_SENTENCES);
    for (const fault of lasting.length === faults.length ? faults : faults.slice(0, 1)) {
        const place = reader.place(fault.pos[0]);
        const inLine = (text.split('\n')[place.line - 1] ?? '').includes('${');
        const hint = inLine ? '; inside { } and [ ] a value with ${ } needs quotes' : '';
        reader.problem(place, `${YAML_SENTENCES[fault.code] ?? `this is not well-formed YAML${hint}`}.`);
    }
    const value = reader.problems.length > 0 ? undefined : reader.read(document.contents, []);
    const nearest = (places, path) => {
        for (let length = path.length; length >= 0; length -= 1) {
            const key = keyOf(path.slice(0, length));
            const found = (length === path.length ? places : reader.values).get(key);
            if (found !== undefined)
                return found;
        }
        return { line: 1, column: 1 };
    };
    return {
        value,
        problems: reader.problems,
        filled: reader.filled,
        fillings: reader.fillings,
        placeOf: (path) => nearest(reader.values, path),
        placeOfName: (path) => nearest(reader.names, path),
    };
}
//# sourceMappingURL=source.js.map