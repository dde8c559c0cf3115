/** The whole schema: every setting that there is. */
import * as z from 'zod';
export declare const schema: z.ZodObject<{
    server: z.ZodPrefault<z.ZodObject<{
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
    operations: z.ZodPrefault<z.ZodObject<{
        host: z.ZodPrefault<z.ZodString>;
        port: z.ZodPrefault<z.ZodInt>;
        token: z.ZodOptional<z.ZodString>;
    }, z.core.$strict>>;
    secret: z.ZodDefault<z.ZodUnion<readonly [z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>>, z.ZodArray<z.ZodString>]>>;
    log: z.ZodPrefault<z.ZodObject<{
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
    metrics: z.ZodPrefault<z.ZodObject<{
        public: z.ZodPrefault<z.ZodEnum<{
            never: "never";
            auto: "auto";
        }>>;
    }, z.core.$strict>>;
    memory: z.ZodPrefault<z.ZodObject<{
        maxBytes: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        maxEntries: z.ZodPrefault<z.ZodInt>;
    }, z.core.$strict>>;
    cache: z.ZodPrefault<z.ZodObject<{
        waitersMax: z.ZodPrefault<z.ZodInt>;
        flightsMax: z.ZodPrefault<z.ZodInt>;
        aliasesMax: z.ZodPrefault<z.ZodInt>;
        identitiesMax: z.ZodPrefault<z.ZodInt>;
        hitForMiss: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>>;
    budget: z.ZodPrefault<z.ZodObject<{
        concurrent: z.ZodPrefault<z.ZodInt>;
        queued: z.ZodPrefault<z.ZodInt>;
        wait: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>>;
    lease: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    credentials: z.ZodPrefault<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>>;
    energy: z.ZodPrefault<z.ZodObject<{
        agents: z.ZodPrefault<z.ZodInt>;
        seed: z.ZodPrefault<z.ZodInt>;
        state: z.ZodOptional<z.ZodString>;
        workers: z.ZodPrefault<z.ZodInt>;
        queueMax: z.ZodPrefault<z.ZodInt>;
        jobTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
    }, z.core.$strict>>;
    upstreams: z.ZodPrefault<z.ZodRecord<z.ZodString, z.ZodObject<{
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
    routes: z.ZodPrefault<z.ZodArray<z.ZodObject<{
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
    http: z.ZodPrefault<z.ZodObject<{
        pool: z.ZodPrefault<z.ZodObject<{
            min: z.ZodPrefault<z.ZodInt>;
            max: z.ZodPrefault<z.ZodInt>;
            connectTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            idleTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            queued: z.ZodPrefault<z.ZodInt>;
            wait: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            maxLifetime: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            healthInterval: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        }, z.core.$strict>>;
        headBytesMax: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        headersMax: z.ZodPrefault<z.ZodInt>;
        interimMax: z.ZodPrefault<z.ZodInt>;
    }, z.core.$strict>>;
    redis: z.ZodPrefault<z.ZodObject<{
        url: z.ZodOptional<z.ZodString>;
        host: z.ZodOptional<z.ZodString>;
        port: z.ZodPrefault<z.ZodInt>;
        db: z.ZodPrefault<z.ZodInt>;
        username: z.ZodOptional<z.ZodString>;
        password: z.ZodOptional<z.ZodString>;
        readonly: z.ZodPrefault<z.ZodBoolean>;
        pool: z.ZodPrefault<z.ZodObject<{
            min: z.ZodPrefault<z.ZodInt>;
            max: z.ZodPrefault<z.ZodInt>;
            lanes: z.ZodPrefault<z.ZodInt>;
            connectTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            idleTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            maxLifetime: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            healthInterval: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    database: z.ZodPrefault<z.ZodObject<{
        pool: z.ZodPrefault<z.ZodObject<{
            min: z.ZodPrefault<z.ZodInt>;
            max: z.ZodPrefault<z.ZodInt>;
            connectTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            idleTimeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            maxLifetime: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            healthInterval: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    postgres: z.ZodPrefault<z.ZodObject<{
        url: z.ZodOptional<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>;
        pool: z.ZodPrefault<z.ZodObject<{
            size: z.ZodPrefault<z.ZodInt>;
            maxOverflow: z.ZodPrefault<z.ZodInt>;
            timeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            recycle: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            prePing: z.ZodPrefault<z.ZodBoolean>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    mysql: z.ZodPrefault<z.ZodObject<{
        url: z.ZodOptional<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>>;
        pool: z.ZodPrefault<z.ZodObject<{
            size: z.ZodPrefault<z.ZodInt>;
            maxOverflow: z.ZodPrefault<z.ZodInt>;
            timeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            recycle: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
            prePing: z.ZodPrefault<z.ZodBoolean>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    neo4j: z.ZodPrefault<z.ZodObject<{
        url: z.ZodOptional<z.ZodString>;
        user: z.ZodPrefault<z.ZodString>;
        password: z.ZodOptional<z.ZodString>;
        pool: z.ZodPrefault<z.ZodObject<{
            size: z.ZodPrefault<z.ZodInt>;
            timeout: z.ZodPrefault<z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
}, z.core.$strict>;
export type Parsed = z.output<typeof schema>;
