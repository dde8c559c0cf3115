export declare const memory: import("zod").ZodPrefault<import("zod").ZodObject<{
    maxBytes: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    maxEntries: import("zod").ZodPrefault<import("zod").ZodInt>;
}, import("zod/v4/core").$strict>>;
export declare const cache: import("zod").ZodPrefault<import("zod").ZodObject<{
    waitersMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    flightsMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    aliasesMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    identitiesMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    hitForMiss: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
}, import("zod/v4/core").$strict>>;
export declare const budget: import("zod").ZodPrefault<import("zod").ZodObject<{
    concurrent: import("zod").ZodPrefault<import("zod").ZodInt>;
    queued: import("zod").ZodPrefault<import("zod").ZodInt>;
    wait: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
}, import("zod/v4/core").$strict>>;
export declare const lease: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
export declare const energy: import("zod").ZodPrefault<import("zod").ZodObject<{
    agents: import("zod").ZodPrefault<import("zod").ZodInt>;
    seed: import("zod").ZodPrefault<import("zod").ZodInt>;
    state: import("zod").ZodOptional<import("zod").ZodString>;
    workers: import("zod").ZodPrefault<import("zod").ZodInt>;
    queueMax: import("zod").ZodPrefault<import("zod").ZodInt>;
    jobTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
}, import("zod/v4/core").$strict>>;
