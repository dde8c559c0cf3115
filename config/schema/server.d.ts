import * as z from 'zod';
export declare const server: z.ZodPrefault<z.ZodObject<{
    host: z.ZodPrefault<z.ZodString>;
    port: z.ZodPrefault<z.ZodInt>;
    hosts: z.ZodPrefault<z.ZodArray<z.ZodString>>;
    headersTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    requestTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    keepAliveTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    connectionsMax: z.ZodPrefault<z.ZodInt>;
    headerBytesMax: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    headersMax: z.ZodPrefault<z.ZodInt>;
    checkInterval: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    drain: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    preStop: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    writeTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    linger: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    lingerBytesMax: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    requestBodyMax: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    trustedProxies: z.ZodPrefault<z.ZodArray<z.ZodString>>;
}, z.core.$strict>>;
export declare const operations: z.ZodPrefault<z.ZodObject<{
    host: z.ZodPrefault<z.ZodString>;
    port: z.ZodPrefault<z.ZodInt>;
    token: z.ZodOptional<z.ZodString>;
}, z.core.$strict>>;
export declare const secret: z.ZodDefault<z.ZodUnion<readonly [z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>>, z.ZodArray<z.ZodString>]>>;
export declare const log: z.ZodPrefault<z.ZodObject<{
    level: z.ZodPrefault<z.ZodEnum<{
        error: "error";
        warn: "warn";
        info: "info";
        debug: "debug";
    }>>;
    access: z.ZodPrefault<z.ZodBoolean>;
    batchLinesMax: z.ZodPrefault<z.ZodInt>;
    flush: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
}, z.core.$strict>>;
export declare const metrics: z.ZodPrefault<z.ZodObject<{
    public: z.ZodPrefault<z.ZodEnum<{
        never: "never";
        auto: "auto";
    }>>;
}, z.core.$strict>>;
export declare const credentials: z.ZodPrefault<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>>;
