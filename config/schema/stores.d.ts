export declare const redis: import("zod").ZodPrefault<import("zod").ZodObject<{
    url: import("zod").ZodOptional<import("zod").ZodString>;
    host: import("zod").ZodOptional<import("zod").ZodString>;
    port: import("zod").ZodPrefault<import("zod").ZodInt>;
    db: import("zod").ZodPrefault<import("zod").ZodInt>;
    username: import("zod").ZodOptional<import("zod").ZodString>;
    password: import("zod").ZodOptional<import("zod").ZodString>;
    readonly: import("zod").ZodPrefault<import("zod").ZodBoolean>;
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        min: import("zod").ZodPrefault<import("zod").ZodInt>;
        max: import("zod").ZodPrefault<import("zod").ZodInt>;
        lanes: import("zod").ZodPrefault<import("zod").ZodInt>;
        connectTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        idleTimeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        maxLifetime: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        healthInterval: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    }, import("zod/v4/core").$strict>>;
}, import("zod/v4/core").$strict>>;
export declare const postgres: import("zod").ZodPrefault<import("zod").ZodObject<{
    url: import("zod").ZodOptional<import("zod").ZodPipe<import("zod").ZodString, import("zod").ZodTransform<string, string>>>;
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        size: import("zod").ZodPrefault<import("zod").ZodInt>;
        maxOverflow: import("zod").ZodPrefault<import("zod").ZodInt>;
        timeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        recycle: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        prePing: import("zod").ZodPrefault<import("zod").ZodBoolean>;
    }, import("zod/v4/core").$strict>>;
}, import("zod/v4/core").$strict>>;
export declare const mysql: import("zod").ZodPrefault<import("zod").ZodObject<{
    url: import("zod").ZodOptional<import("zod").ZodPipe<import("zod").ZodString, import("zod").ZodTransform<string, string>>>;
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        size: import("zod").ZodPrefault<import("zod").ZodInt>;
        maxOverflow: import("zod").ZodPrefault<import("zod").ZodInt>;
        timeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        recycle: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
        prePing: import("zod").ZodPrefault<import("zod").ZodBoolean>;
    }, import("zod/v4/core").$strict>>;
}, import("zod/v4/core").$strict>>;
export declare const neo4j: import("zod").ZodPrefault<import("zod").ZodObject<{
    url: import("zod").ZodOptional<import("zod").ZodString>;
    user: import("zod").ZodPrefault<import("zod").ZodString>;
    password: import("zod").ZodOptional<import("zod").ZodString>;
    pool: import("zod").ZodPrefault<import("zod").ZodObject<{
        size: import("zod").ZodPrefault<import("zod").ZodInt>;
        timeout: import("zod").ZodPrefault<import("zod").ZodPipe<import("zod").ZodType<string | number, string | number, import("zod/v4/core").$ZodTypeInternals<string | number, string | number>>, import("zod").ZodTransform<number, string | number>>>;
    }, import("zod/v4/core").$strict>>;
}, import("zod/v4/core").$strict>>;
