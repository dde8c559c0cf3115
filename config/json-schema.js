/** The schema as JSON Schema, for editors that complete and check the file while it is written. */
import * as z from 'zod';
import { schema } from './schema/all.js';
import { unwrap } from './walk.js';
/** Anything may come from the environment, whatever its type. */
const FILLED = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' };
const PATTERNS = {
    duration: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$|\\$\\{',
    size: '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB|TiB)?$|\\$\\{',
    percent: '^\\d+(\\.\\d+)?%$|\\$\\{',
};
/** Says of one setting what zod's own translation cannot know. */
function refine(node, json) {
    const { meta, core } = unwrap(node);
    const { kind = '', description, notYet, must } = meta;
    if (description !== undefined) {
        const later = notYet === true ? ' (Without effect in this version.)' : '';
        json['description'] = `${description}${later}`;
    }
    else if (must !== undefined && kind !== '')
        json['description'] = `It must be ${must}.`;
    const pattern = PATTERNS[kind];
    if (kind === 'size') {
        delete json['anyOf'];
        Object.assign(json, { type: ['integer', 'string'], minimum: 0, pattern });
    }
    else if (pattern !== undefined)
        Object.assign(json, { type: 'string', pattern });
    // The value may come from the environment, of which its pattern knows nothing.
    if (kind === 'text')
        delete json['pattern'];
    // A wrapper is seen after what it wraps, and has its outline already.
    if (json['anyOf'] !== undefined)
        return;
    if (kind === 'integer' || kind === 'flag' || kind === 'choice') {
        const { description: said, default: fallback, ...type } = json;
        for (const key of Object.keys(type))
            Reflect.deleteProperty(json, key);
        Object.assign(json, { anyOf: [type, FILLED], description: said });
        if (fallback !== undefined)
            json['default'] = fallback;
    }
    // A group without a line below it is null in YAML, and means the same as no group.
    const { type } = core._zod.def;
    if (type === 'object' && json['type'] === 'object')
        delete json['default'];
}
export function jsonSchema() {
    const json = z.toJSONSchema(schema, {
        io: 'input',
        target: 'draft-7',
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema: made }) => {
            refine(zodSchema, made);
        },
    });
    return { ...json, title: 'Settings of the Leyden gateway' };
}
//# sourceMappingURL=json-schema.js.map