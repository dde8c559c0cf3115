/** Units: durations, sizes and percentages, as people write them and as the program counts them. */
const DURATION_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES = {
    B: 1,
    KB: 1_000,
    MB: 1_000_000,
    GB: 1_000_000_000,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40,
};
/** No number that makes sense here is longer, and a short text keeps the arithmetic exact. */
const TEXT_CHARS_MAX = 24;
/** The number before a unit; undefined when the text is anything else than digits and the unit. */
function amount(text, units, bare) {
    if (text.length > TEXT_CHARS_MAX)
        return undefined;
    const parts = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text);
    if (parts === null)
        return undefined;
    const [, digits = '', unit = ''] = parts;
    const factor = unit === '' ? bare : Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (factor === undefined)
        return undefined;
    // 1.1s is 1100.0000000000002 in binary; what is left after rounding must be nothing but that.
    const exact = Number(digits) * factor;
    const whole = Math.round(exact);
    if (!Number.isSafeInteger(whole) || Math.abs(exact - whole) > 1e-6)
        return undefined;
    return whole;
}
/** `250ms`, `30s`, `10m`, `2h`, `1d` as milliseconds; undefined when it is not a duration. */
export function parseDuration(text) {
    return amount(text, DURATION_MS, undefined);
}
/** `512`, `64KiB`, `5MiB`, `1GiB`, `10KB`, `3MB` as bytes; undefined when it is not a size. */
export function parseSize(text) {
    return amount(text, SIZE_BYTES, 1);
}
/** `10%` as 0.1; undefined when it is not a percentage from 0 to 100. */
export function parsePercent(text) {
    const digits = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
    const value = Number(digits ?? 'NaN');
    return value <= 100 ? value / 100 : undefined;
}
function largestUnit(value, units, names) {
    for (const name of names) {
        const factor = units[name] ?? 1;
        if (value >= factor && value % factor === 0)
            return `${value / factor}${name}`;
    }
    return String(value);
}
/** Milliseconds in the largest unit that stays whole: 90000 is `90s`. */
export function formatDuration(ms) {
    return ms === 0 ? '0s' : largestUnit(ms, DURATION_MS, ['d', 'h', 'm', 's', 'ms']);
}
/** Bytes in the largest binary unit that stays whole: 65536 is `64KiB`. */
export function formatSize(bytes) {
    return largestUnit(bytes, SIZE_BYTES, ['TiB', 'GiB', 'MiB', 'KiB']);
}
//# sourceMappingURL=units.js.map