/** What may be shown of the settings: dumps without secrets, and what changed between two. */
import { schema } from './schema/all.js';
import { childOf, handedDown, unwrap } from './walk.js';
export const MASK = '***';
/** Takes the user, the password and secret-looking query fields out of an address. */
export function maskAddress(text) {
    return text
        .replace(/\/\/.*@/s, `//${MASK}@`)
        .replace(/([?&][^=&]*(?:pass|pwd|secret|token|key|auth)[^=&]*=)[^&]*/gi, `$1${MASK}`);
}
/** A route is known by what it matches, not by where it stands: inserting one is one change. */
function routeName(route) {
    const methods = route.methods === 'any' ? 'any' : route.methods.join('+');
    return `routes[${methods} ${route.path}]`;
}
const isPlain = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
function isSecretName(name) {
    return name.includes('.request.set.');
}
/** Calls `visit` for every value; the tree of what it returns has the outline of the settings. */
function mapValues(at, value, name, marks, visit) {
    const own = at === undefined ? {} : unwrap(at).meta;
    const down = { ...marks, ...(at === undefined ? {} : handedDown(marks, own)) };
    if (isPlain(value)) {
        const entries = Object.entries(value).map(([key, inner]) => {
            const child = at === undefined ? undefined : childOf(at, key);
            const full = name === '' ? key : `${name}.${key}`;
            return [key, mapValues(child, inner, full, down, visit)];
        });
        return Object.fromEntries(entries);
    }
    if (name === 'routes') {
        const route = at === undefined ? undefined : childOf(at, 0);
        return value.map((inner) => mapValues(route, inner, routeName(inner), down, visit));
    }
    if (value === undefined)
        return undefined;
    return visit({ name, meta: { ...down, ...own }, value });
}
/** Visits every value of the settings with its name and marks. */
export function visitSettings(settings, visit) {
    return mapValues(schema, settings, '', {}, visit);
}
function masked({ name, meta, value }) {
    const empty = Array.isArray(value) && value.length === 0;
    if ((meta.secret === true || isSecretName(name)) && !empty)
        return MASK;
    return meta.address === true && typeof value === 'string' ? maskAddress(value) : value;
}
/** The settings as a dump may show them. */
export function maskSettings(settings) {
    return visitSettings(settings, masked);
}
function flatten(settings) {
    const flat = new Map();
    visitSettings(settings, (item) => {
        const live = item.meta.live === true;
        flat.set(item.name, { plain: JSON.stringify(item.value), shown: masked(item), live });
        return item.value;
    });
    const order = settings.routes.map(routeName);
    flat.set('routes (order)', { plain: JSON.stringify(order), shown: order, live: true });
    return flat;
}
/** What differs between two settings, by name. */
export function settingsDiff(a, b) {
    const [before, after] = [flatten(a), flatten(b)];
    const changes = [];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
        const [from, to] = [before.get(name), after.get(name)];
        if (from?.plain === to?.plain)
            continue;
        const live = (from ?? to)?.live === true;
        changes.push({ name, from: from?.shown, to: to?.shown, needsRestart: !live });
    }
    return changes;
}
//# sourceMappingURL=mask.js.map