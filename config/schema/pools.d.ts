export declare const database: import("zod").ZodPrefault<import("zod").ZodObject<{
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        min: import("zod").ZodPrefault<import("zod").ZodInt>;
        max: import("zod").ZodPrefault<import("zod").ZodInt>;
        connectTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        idleTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        maxLifetime: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        healthInterval: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    }, import("zod/v4/core").$strict>>;
}, import("zod/v4/core").$strict>>;
export declare const http: import("zod").ZodPrefault<import("zod").ZodObject<{
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        min: import("zod").ZodPrefault<import("zod").ZodInt>;
        max: import("zod").ZodPrefault<import("zod").ZodInt>;
        connectTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        idleTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        queued: import("zod").ZodPrefault<import("zod").ZodInt>;
        wait: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        maxLifetime: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        healthInterval: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    }, import("zod/v4/core").$strict>>;
    headBytesMax: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    headersMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    interimMax: import("zod").ZodPrefault<import("zod").ZodInt>;
}, import("zod/v4/core").$strict>>;
