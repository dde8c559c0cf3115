/** Exits with 0 when the listener on this machine answers that it lives, and with 1 when not. */
import { request } from 'node:http';

const WAIT_MS = 2500;

/** The address to ask: an argument, or the public listener at its usual port. */
const { HOST, PORT = '8080' } = process.env;
const own = HOST === undefined || HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST;
const url = process.argv[2] ?? `http://${own.includes(':') ? `[${own}]` : own}:${PORT}/health`;

const asked = request(url, { timeout: WAIT_MS, agent: false }, (answer) => {
  answer.resume();
  // 421: the gateway knows the names of its hosts, and this address is none of them. It lives.
  const lives = answer.statusCode === 200 || answer.statusCode === 421;
  process.exit(lives ? 0 : 1);
});
asked.on('timeout', () => asked.destroy());
asked.on('error', () => process.exit(1));
asked.end();
