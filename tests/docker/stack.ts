/** The files of the stack as a test reads them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../servers/fetch.js';

export const dockerFolder = join(repositoryRoot, 'docker');

export const textOf = (...path: string[]): string =>
  readFileSync(join(repositoryRoot, ...path), 'utf8');

export interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[] | Record<string, { aliases?: readonly string[] } | null>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { resources: { limits: { cpus: string; memory: string } } };
  readonly restart?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Stack {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const composeText = textOf('docker', 'docker-compose.yml');
export const stack = parse(composeText, { merge: true }) as Stack;
export const services = Object.entries(stack.services);

export const networksOf = ({ networks }: Service): readonly string[] =>
  Array.isArray(networks) ? (networks as readonly string[]) : Object.keys(networks);

/** The service; a test that names one that is gone fails with its name. */
export function serviceOf(name: string): Service {
  const service = stack.services[name];
  if (service === undefined) throw new Error(`There is no service ${name}.`);
  return service;
}
