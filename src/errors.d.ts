/** Expected failures: one table of code, status and sentence, and the problem document made from it. */
/**
 * Every failure that a caller may see. The code is the last part of the problem's `type`, the label
 * in the metrics and the word in the log. Sentences never echo what the caller sent (RFC 9457).
 */
export declare const failures: {
    readonly bad_request: {
        readonly status: 400;
        readonly title: "The request is not well formed.";
    };
    readonly bad_framing: {
        readonly status: 400;
        readonly title: "The length of the request body is ambiguous.";
    };
    readonly bad_host: {
        readonly status: 400;
        readonly title: "The Host field is missing, repeated or malformed.";
    };
    readonly bad_target: {
        readonly status: 400;
        readonly title: "The request target is not an unambiguous absolute path.";
    };
    readonly bad_credentials: {
        readonly status: 400;
        readonly title: "The request carries malformed or repeated credentials.";
    };
    readonly bad_connection: {
        readonly status: 400;
        readonly title: "The Connection field names an end-to-end field.";
    };
    readonly unexpected_body: {
        readonly status: 400;
        readonly title: "This method does not take a body.";
    };
    readonly unknown_host: {
        readonly status: 421;
        readonly title: "This gateway does not answer for that host.";
    };
    readonly method_refused: {
        readonly status: 405;
        readonly title: "This method is not offered here.";
    };
    readonly method_unknown: {
        readonly status: 501;
        readonly title: "This method is not known here.";
    };
    readonly coding_unknown: {
        readonly status: 501;
        readonly title: "This transfer coding is not supported.";
    };
    readonly version_refused: {
        readonly status: 505;
        readonly title: "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
    };
    readonly expectation_failed: {
        readonly status: 417;
        readonly title: "The only expectation met here is 100-continue.";
    };
    readonly too_many_fields: {
        readonly status: 431;
        readonly title: "The request carries too many or too large fields.";
    };
    readonly request_timeout: {
        readonly status: 408;
        readonly title: "The request did not arrive in time.";
    };
    readonly no_route: {
        readonly status: 404;
        readonly title: "No route matches this path.";
    };
    readonly not_found: {
        readonly status: 404;
        readonly title: "There is nothing here.";
    };
    readonly unauthorized: {
        readonly status: 401;
        readonly title: "A valid operator token is needed.";
    };
    readonly acts_disabled: {
        readonly status: 403;
        readonly title: "Acts are disabled: no operator token is configured.";
    };
    readonly unsupported_media: {
        readonly status: 415;
        readonly title: "The body must be application/json.";
    };
    readonly body_too_large: {
        readonly status: 413;
        readonly title: "The request body is too large.";
    };
    readonly unprocessable: {
        readonly status: 422;
        readonly title: "The request is understood but its values are not valid.";
    };
    readonly too_many_requests: {
        readonly status: 429;
        readonly title: "Too many requests.";
    };
    readonly connect: {
        readonly status: 502;
        readonly title: "The upstream could not be reached.";
    };
    readonly reset: {
        readonly status: 502;
        readonly title: "The upstream closed the connection before it answered.";
    };
    readonly truncated: {
        readonly status: 502;
        readonly title: "The upstream broke off its answer.";
    };
    readonly protocol: {
        readonly status: 502;
        readonly title: "The upstream answered something that is not valid HTTP.";
    };
    readonly headers: {
        readonly status: 502;
        readonly title: "The upstream sent fields that cannot be passed on.";
    };
    readonly status: {
        readonly status: 502;
        readonly title: "The upstream sent a status that does not exist.";
    };
    readonly informational: {
        readonly status: 502;
        readonly title: "The upstream sent too many interim answers.";
    };
    readonly connect_timeout: {
        readonly status: 504;
        readonly title: "The upstream did not accept the connection in time.";
    };
    readonly head_timeout: {
        readonly status: 504;
        readonly title: "The upstream did not begin to answer in time.";
    };
    readonly body_timeout: {
        readonly status: 504;
        readonly title: "The upstream stopped sending its answer.";
    };
    readonly busy: {
        readonly status: 503;
        readonly title: "Too much work is waiting; try again shortly.";
    };
    readonly too_many_waiters: {
        readonly status: 503;
        readonly title: "Too many callers wait for this answer; try again shortly.";
    };
    readonly upstream_sick: {
        readonly status: 503;
        readonly title: "The upstream is known to be sick; try again shortly.";
    };
    readonly draining: {
        readonly status: 503;
        readonly title: "This gateway is shutting down.";
    };
    readonly abandoned: {
        readonly status: 499;
        readonly title: "The caller left before the answer was ready.";
    };
    readonly internal: {
        readonly status: 500;
        readonly title: "Something went wrong inside the gateway.";
    };
};
export type FailureCode = keyof typeof failures;
/** An expected failure on its way to whoever asked. `cause` is for the debugger, never for a log. */
export declare class Failure extends Error {
    readonly name = "Failure";
    readonly code: FailureCode;
    readonly retryAfterS: number | undefined;
    /** A sentence of our own words that says more than the title; it must not quote the caller. */
    readonly detail: string | undefined;
    constructor(code: FailureCode, more?: {
        retryAfterS?: number;
        detail?: string;
        cause?: unknown;
    });
    get status(): number;
}
/** Anything that was thrown, as a failure; what we did not expect becomes `internal`. */
export declare function asFailure(thrown: unknown): Failure;
/** A mistake of whoever runs the gateway: one plain sentence, no stack (bad setting, busy port). */
export declare class OperatorError extends Error {
    readonly name = "OperatorError";
    readonly exitCode: number;
    constructor(sentence: string, exitCode?: number);
}
/** The body of an error answer (RFC 9457). */
export declare function problemJson(failure: Failure, requestId?: string): string;
/**
 * What may be logged of something thrown: its class, its code and, for a programming error, where
 * it happened. Messages of libraries stay out, for they quote commands, values and passwords.
 */
export declare function describeThrown(thrown: unknown): Readonly<Record<string, string>>;
