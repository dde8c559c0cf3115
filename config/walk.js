import { settingMeta } from './setting.js';
const defOf = (schema) => schema._zod.def;
/** Takes the wrappers off (default, optional, transform); the outer marks win over the inner. */
export function unwrap(schema) {
    let core = schema;
    let meta = {};
    for (;;) {
        meta = { ...settingMeta.get(core), ...meta };
        const def = defOf(core);
        if (def.type === 'prefault' || def.type === 'default' || def.type === 'optional') {
            core = def.innerType;
        }
        else if (def.type === 'pipe') {
            core = def.in;
        }
        else
            return { core, meta };
    }
}
/** The names in an object schema; undefined for any other. */
export function shapeOf(schema) {
    const def = defOf(unwrap(schema).core);
    return def.type === 'object' ? def.shape : undefined;
}
/** The schema of what stands at `key` below another; of a union, that of the option that has it. */
export function childOf(schema, key) {
    const def = defOf(unwrap(schema).core);
    if (def.type === 'object') {
        return Object.hasOwn(def.shape, key) ? def.shape[String(key)] : undefined;
    }
    if (def.type === 'array')
        return typeof key === 'number' ? def.element : undefined;
    if (def.type === 'record')
        return def.valueType;
    if (def.type !== 'union')
        return undefined;
    return def.options.map((option) => childOf(option, key)).find((found) => found !== undefined);
}
/** The schema at a path, with the marks of the groups above it. */
export function schemaAt(root, path) {
    let schema = root;
    let inherited = {};
    for (const key of path) {
        inherited = handedDown(inherited, unwrap(schema).meta);
        schema = childOf(schema, key);
        if (schema === undefined)
            return undefined;
    }
    const node = unwrap(schema);
    return { core: node.core, meta: { ...inherited, ...node.meta } };
}
/** The marks that a group gives to its members. */
export function handedDown(from, own) {
    const notYet = own.notYet ?? from.notYet ?? false;
    const live = own.live ?? from.live ?? false;
    const secret = own.secret ?? from.secret ?? false;
    return { ...(notYet && { notYet }), ...(live && { live }), ...(secret && { secret }) };
}
/** Every setting with a fixed name; of a map, those of the members whose names are given. */
export function leaves(root, members, path = [], inherited = {}) {
    const { core, meta } = unwrap(root);
    const marks = { ...inherited, ...meta };
    const down = handedDown(inherited, meta);
    const shape = shapeOf(core);
    if (shape !== undefined) {
        return Object.entries(shape).flatMap(([name, child]) => leaves(child, members, [...path, name], down));
    }
    const def = defOf(core);
    if (def.type === 'record') {
        return members(path).flatMap((name) => leaves(def.valueType, members, [...path, name], down));
    }
    // A list of groups (the routes) has no names that an environment could say.
    if (def.type === 'array' && shapeOf(def.element) !== undefined)
        return [];
    return [{ path, schema: root, meta: marks }];
}
//# sourceMappingURL=walk.js.map