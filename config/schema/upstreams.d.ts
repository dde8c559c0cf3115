/** Settings of the upstreams: each has a name, one or more origins, time limits and a pool. */
import * as z from 'zod';
export declare const upstreamName: () => z.ZodString;
/** Scheme, host and port, and nothing else: paths and passwords belong elsewhere. */
export declare function isOrigin(value: string): boolean;
export declare const upstreams: z.ZodPrefault<z.ZodRecord<z.ZodString, z.ZodObject<{
    url: z.ZodUnion<readonly [z.ZodLiteral<"local">, z.ZodPipe<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>, z.ZodTransform<string[], string>>, z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>]>;
    ca: z.ZodOptional<z.ZodString>;
    connections: z.ZodOptional<z.ZodInt>;
    timeout: z.ZodPrefault<z.ZodObject<{
        connect: z.ZodOptional<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        head: z.ZodOptional<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        idle: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>>;
    sick: z.ZodPrefault<z.ZodObject<{
        failures: z.ZodPrefault<z.ZodInt>;
        retry: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>>;
}, z.core.$strict>>>;
