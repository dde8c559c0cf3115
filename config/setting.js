/** The kinds of setting: what each accepts, and what the documents and the sentences say of it. */
import * as z from 'zod';
import { parseDuration, parsePercent, parseSize } from './units.js';
export const settingMeta = z.registry();
function kind(schema, name, must) {
    settingMeta.add(schema, { kind: name, must });
    return schema;
}
/** Gives a schema its description and marks. */
export function setting(schema, description, marks = {}) {
    settingMeta.add(schema, { ...settingMeta.get(schema), ...marks, description });
    return schema;
}
/** A group of settings; unknown names in it are refused. */
export function group(shape, description, marks = {}) {
    const schema = z.strictObject(shape).prefault({});
    return setting(schema, description, marks);
}
/** A transform of text that may fail; the sentence comes from `must`. */
function parsed(base, parse, min, max) {
    return base.transform((text, context) => {
        const value = parse(String(text));
        if (value !== undefined && value >= min && value <= max)
            return value;
        context.issues.push({ code: 'custom', input: text });
        return z.NEVER;
    });
}
/** Timers of Node end a little below 25 days. */
const DURATION_MAX = '24d';
export function duration(min = '0s', max = DURATION_MAX) {
    const [minMs, maxMs] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
    const schema = parsed(z.string(), parseDuration, minMs, maxMs);
    return kind(schema, 'duration', `a duration from ${min} to ${max}, such as 250ms, 30s or 10m`);
}
export function size(min = '0', max = '1TiB') {
    const [minBytes, maxBytes] = [parseSize(min) ?? 0, parseSize(max) ?? 0];
    const schema = parsed(z.union([z.string(), z.int()]), parseSize, minBytes, maxBytes);
    return kind(schema, 'size', `a size from ${min} to ${max}, such as 512, 64KiB or 5MiB`);
}
export function percent() {
    const schema = parsed(z.string(), parsePercent, 0, 1);
    return kind(schema, 'percent', 'a percentage from 0% to 100%, such as 10%');
}
export function integer(min, max) {
    return kind(z.int().min(min).max(max), 'integer', `a whole number from ${min} to ${max}`);
}
export function flag() {
    return kind(z.boolean(), 'flag', 'true or false');
}
export function choice(words, must = `one of ${words.join(', ')}`) {
    return kind(z.enum(words), 'choice', must);
}
/** A text that matches; `must` says in words what the pattern means. */
export function text(must, pattern, charsMax = 1024) {
    return kind(z.string().max(charsMax).regex(pattern), 'text', must);
}
/** A text that a predicate accepts. */
export function textThat(must, accepts, charsMax = 2048) {
    return kind(z
        .string()
        .max(charsMax)
        .refine((value) => accepts(value)), 'text', must);
}
/** A path of the file system; relative ones start at the folder of the settings file. */
export function filePath() {
    return textThat('the path of a file', (value) => value !== '' && !value.includes('\0'), 4096);
}
export function list(element, must, countMax = 1000) {
    return kind(z.array(element).max(countMax), 'list', must);
}
/** One of several shapes; `must` describes them all. */
export function either(options, must) {
    const schema = z.union(options);
    settingMeta.add(schema, { must });
    return schema;
}
//# sourceMappingURL=setting.js.map