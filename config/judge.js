import { nameOf, nearest, shown } from './problems.js';
import { schema } from './schema/all.js';
import { childOf, schemaAt, shapeOf, unwrap } from './walk.js';
/** What stands at a path of plain values. */
export function valueAt(value, path) {
    let at = value;
    for (const key of path) {
        if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key))
            return undefined;
        at = at[key];
    }
    return at;
}
/** The names that may stand where an unknown one stood. */
function siblings(path) {
    const node = path.length === 0 ? { core: schema } : schemaAt(schema, path);
    if (node === undefined)
        return [];
    const own = shapeOf(node.core);
    if (own !== undefined)
        return Object.keys(own);
    const def = node.core._zod.def;
    if (def.type !== 'union')
        return [];
    return def.options.flatMap((option) => Object.keys(shapeOf(option) ?? {}));
}
function mustOf(path) {
    const node = path.length === 0 ? undefined : schemaAt(schema, path);
    if (node?.meta.must !== undefined)
        return node.meta.must;
    const type = node === undefined ? 'object' : unwrap(node.core).core._zod.def.type;
    return type === 'array' ? 'a list' : 'a group of settings';
}
/** Of a union: the mistakes inside the one option that has the right outline. */
function insideUnion(issue) {
    const inside = issue.errors.filter((option) => option.every(({ path, code }) => {
        return path.length > 0 || code === 'unrecognized_keys';
    }));
    return inside.length === 1 ? inside[0] : undefined;
}
function unknownName(path, name) {
    const near = nearest(name, siblings(path));
    const hint = near === undefined ? '.' : `; did you mean ${near}?`;
    // No setting has a longer name; what is longer may be a secret in the wrong place.
    const full = [...path, shown(name, 24)];
    const meant = near === undefined ? {} : { meant: nameOf([...path, near]) };
    return {
        ...meant,
        path: [...path, name],
        text: `${nameOf(full)} is not a setting${hint}`,
        atName: true,
    };
}
function complain(issue, above, input) {
    const path = [...above, ...issue.path];
    if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => unknownName(path, key));
    if (issue.code === 'invalid_union') {
        const inside = insideUnion(issue);
        if (inside !== undefined)
            return inside.flatMap((inner) => complain(inner, path, input));
    }
    if (issue.code === 'invalid_key') {
        const parent = path.slice(0, -1);
        const must = keyMust(parent);
        return [{ path, text: `${nameOf(parent)} holds a name that must be ${must}.`, atName: true }];
    }
    const name = path.length === 0 ? 'the file' : nameOf(path);
    if (valueAt(input, path) === undefined) {
        return [{ path, text: `${name} is missing; it must be ${mustOf(path)}.`, atName: false }];
    }
    const ownWords = issue.code === 'custom' && issue.message !== 'Invalid input';
    const text = ownWords ? issue.message : `must be ${mustOf(path)}`;
    return [{ path, text: `${name} ${text}.`, atName: false }];
}
/** What the names in a map must be. */
function keyMust(path) {
    const node = schemaAt(schema, path);
    const candidates = node === undefined ? [] : [node.core];
    const def = node?.core?._zod.def;
    if (def?.type === 'union')
        candidates.push(...def.options);
    for (const candidate of candidates) {
        const inner = candidate._zod.def;
        if (inner.type === 'record')
            return unwrap(inner.keyType).meta.must ?? 'a plain word';
    }
    return 'a plain word';
}
/** Checks plain values against the schema. */
export function judge(input) {
    const result = schema.safeParse(input);
    if (result.success)
        return { kind: 'good', parsed: result.data };
    const all = result.error.issues.flatMap((issue) => complain(issue, [], input));
    // A name that is missing because it was mistyped is one mistake, not two.
    const meant = new Set(all.map(({ meant: name }) => name));
    return {
        kind: 'refused',
        complaints: all.filter(({ path, text }) => {
            return !(meant.has(nameOf(path)) && text.startsWith(`${nameOf(path)} is missing`));
        }),
    };
}
/** Is there a group of settings at this path? An empty one in the file holds nothing, not null. */
export function isGroup(path) {
    let at = schema;
    for (const key of path)
        at = at === undefined ? undefined : childOf(at, key);
    if (at === undefined)
        return false;
    const def = unwrap(at).core._zod.def;
    return def.type === 'object' || def.type === 'record';
}
//# sourceMappingURL=judge.js.map