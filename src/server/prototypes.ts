/** Request and response classes that are Express's own from birth, so that none is changed later. */
import { IncomingMessage, ServerResponse } from 'node:http';

/** The part of an Express application that is needed. */
export interface ExpressPrototypes {
  readonly request: object;
  readonly response: object;
}

export interface HttpClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Express sets the prototype of each request and response when it begins to handle them, which
 * makes every later access to them slow. When they already have it, setting it does nothing.
 */
function bornAs<Class extends abstract new (...args: never[]) => object>(
  base: Class,
  prototype: object,
): Class {
  const born = function born(...args: unknown[]): unknown {
    return Reflect.construct(base, args, born);
  };
  born.prototype = prototype;
  return born as unknown as Class;
}

export function expressClasses(app: ExpressPrototypes): HttpClasses {
  return {
    IncomingMessage: bornAs(IncomingMessage, app.request),
    ServerResponse: bornAs(ServerResponse, app.response),
  };
}
