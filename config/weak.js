/** Weak secrets: the placeholders and patterns that people leave in place of something random. */
const PLACEHOLDERS = [
    /change.?(?:me|this)|replace.?(?:me|this)|insert.?(?:your|here)/i,
    /your.?(?:token|secret|key)|(?:top|super|very).?secret/i,
    /pass.?word|example|placeholder|default/i,
];
/** Of 32 random hexadecimal digits, fewer than eight different ones come once in many millions. */
const DIFFERENT_MIN = 8;
/** Is it a placeholder, a few characters again and again, or a run such as 0123456789? */
export function isWeakToken(value) {
    if (PLACEHOLDERS.some((pattern) => pattern.test(value)))
        return true;
    if (new Set(value).size < DIFFERENT_MIN)
        return true;
    if (/^(.{1,16}?)\1+.{0,15}$/s.test(value))
        return true;
    let steps = 0;
    for (let at = 1; at < value.length; at += 1) {
        if (Math.abs(value.charCodeAt(at) - value.charCodeAt(at - 1)) === 1)
            steps += 1;
    }
    return steps > value.length * 0.7;
}
//# sourceMappingURL=weak.js.map