/** Runs once before all tests, in the process that starts the workers. */
import Module from 'node:module';

interface Resolver {
  _resolveFilename: (request: string, ...rest: readonly unknown[]) => string;
}

/**
 * Jest applies neither its module map nor ES modules here: this file becomes CommonJS, in which
 * `./x.js` does not find `x.ts`. For as long as the setup loads its files, it does.
 */
async function withTypeScriptNames<T>(work: () => Promise<T>): Promise<T> {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename;
  resolver._resolveFilename = (request, ...rest) => {
    try {
      return original(request, ...rest);
    } catch (error) {
      if (!/^\.{1,2}\/.*\.js$/.test(request)) throw error;
      return original(request.replace(/\.js$/, '.ts'), ...rest);
    }
  };
  try {
    return await work();
  } finally {
    resolver._resolveFilename = original;
  }
}

export default async function setup(): Promise<void> {
  const { prepareServers } = await withTypeScriptNames(async () => {
    // The workers and whatever they start inherit this process's environment.
    await import('./clean-environment.js');
    return import('./servers/prepare.js');
  });
  await prepareServers();
}
