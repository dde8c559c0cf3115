/** Addresses of servers that a contributor lends to the tests; only loopback ones are accepted. */

/** The variables that may name a server, and the protocols that each may speak. */
export const addressVariables = {
  redis: { variable: 'LEYDEN_TEST_REDIS_URL', protocols: ['redis:'] },
  postgres: { variable: 'LEYDEN_TEST_PG_DSN', protocols: ['postgres:', 'postgresql:'] },
  mariadb: { variable: 'LEYDEN_TEST_MYSQL_URL', protocols: ['mysql:', 'mariadb:'] },
} as const;

export type ServerKind = keyof typeof addressVariables;

export interface LentServer {
  readonly url: string;
  readonly port: number;
}

const portsByDefault: Readonly<Record<ServerKind, number>> = {
  redis: 6379,
  postgres: 5432,
  mariadb: 3306,
};

/**
 * The lent server, or undefined when none is named. A query is refused because drivers let it
 * name another host (`?host=`), and a path-like host because drivers read it as a socket.
 */
export function lentServer(
  kind: ServerKind,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LentServer | undefined {
  const { variable, protocols } = addressVariables[kind];
  const text = environment[variable];
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The address itself stays out of the sentence: it may carry a password.
  if (url === undefined || !(protocols as readonly string[]).includes(url.protocol)) {
    throw new Error(`${variable} must be an address that begins with ${protocols[0]}//.`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new Error(`${variable} must be a plain address, without a query.`);
  }
  if (!isLoopback(url.hostname)) {
    throw new Error(`${variable} must name a server on loopback, such as 127.0.0.1.`);
  }
  return { url: text, port: url.port === '' ? portsByDefault[kind] : Number(url.port) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
