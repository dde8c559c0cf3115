/** Settings of the routes: which request goes where, and how long its answer is kept. */
import * as z from 'zod';
export declare const routes: z.ZodPrefault<z.ZodArray<z.ZodObject<{
    path: z.ZodString;
    upstream: z.ZodString;
    methods: z.ZodPrefault<z.ZodUnion<readonly [z.ZodLiteral<"any">, z.ZodArray<z.ZodEnum<{
        [x: string]: string;
    }>>]>>;
    strip: z.ZodOptional<z.ZodString>;
    request: z.ZodPrefault<z.ZodObject<{
        set: z.ZodPrefault<z.ZodRecord<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>, z.ZodString>>;
        remove: z.ZodPrefault<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>>;
    }, z.core.$strict>>;
    response: z.ZodPrefault<z.ZodObject<{
        set: z.ZodPrefault<z.ZodRecord<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>, z.ZodString>>;
        remove: z.ZodPrefault<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>>;
    }, z.core.$strict>>;
    cache: z.ZodOptional<z.ZodUnion<readonly [z.ZodLiteral<"http">, z.ZodObject<{
        ttl: z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>;
        origin: z.ZodPrefault<z.ZodEnum<{
            default: "default";
            override: "override";
            cap: "cap";
        }>>;
        errorTtl: z.ZodPrefault<z.ZodUnion<readonly [z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>, z.ZodRecord<z.ZodString, z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>]>>;
        staleWhileRevalidate: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        staleIfError: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        softLimit: z.ZodOptional<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        patience: z.ZodOptional<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        early: z.ZodPrefault<z.ZodEnum<{
            off: "off";
            auto: "auto";
        }>>;
        jitter: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        window: z.ZodPrefault<z.ZodUnion<readonly [z.ZodLiteral<"off">, z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>]>>;
        query: z.ZodPrefault<z.ZodUnion<readonly [z.ZodEnum<{
            exact: "exact";
            sorted: "sorted";
        }>, z.ZodArray<z.ZodString>]>>;
        headers: z.ZodPrefault<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>>;
        cookies: z.ZodPrefault<z.ZodUnion<readonly [z.ZodEnum<{
            bypass: "bypass";
            drop: "drop";
        }>, z.ZodArray<z.ZodString>]>>;
        authorization: z.ZodPrefault<z.ZodEnum<{
            bypass: "bypass";
            own: "own";
            shared: "shared";
        }>>;
        body: z.ZodPrefault<z.ZodObject<{
            maxBytes: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            json: z.ZodPrefault<z.ZodEnum<{
                exact: "exact";
                canonical: "canonical";
            }>>;
        }, z.core.$strict>>;
        tags: z.ZodPrefault<z.ZodArray<z.ZodString>>;
        maxBytes: z.ZodOptional<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        abandon: z.ZodPrefault<z.ZodBoolean>;
        clientTtl: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>]>>;
    setCookie: z.ZodOptional<z.ZodEnum<{
        allow: "allow";
        refuse: "refuse";
    }>>;
    cookies: z.ZodOptional<z.ZodEnum<{
        bypass: "bypass";
        allow: "allow";
    }>>;
}, z.core.$strict>>>;
