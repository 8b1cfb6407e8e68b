import { ConfigError } from './config.ts';

/** Requests that a service answers: a path, or all below one (`/*`); one method, or all. */
export interface Rule {
  method?: 'POST';
  path: string;
}

export interface Service {
  /** What `MODULES` names for it. */
  modules: readonly string[];
  rules: readonly Rule[];
}

const all = (...paths: string[]): Rule[] => paths.map((path) => ({ path }));
const posts = (...paths: string[]): Rule[] => paths.map((path) => ({ method: 'POST', path }));

/**
 * The services that the product can be split into, in the order in which their rules are asked: the first that fits decides. The one
 * place for it: gateways and load balancers get their rules from here. What no rule fits is the gateway's own (the web app, the
 * documentation).
 */
export const services = {
  auth: {
    modules: ['accounts'],
    rules: all('/api/v1/auth/*', '/api/v1/users', '/api/v1/users/*', '/.well-known/jwks.json'),
  },
  redemption: {
    modules: ['coupons-redeem', 'history', 'webhooks'],
    rules: [
      // Only POST: a code may be called LOCK, and its history is read at /coupons/LOCK/history.
      ...posts('/api/v1/coupons/lock/*', '/api/v1/coupons/unlock/*', '/api/v1/coupons/redeem/*'),
      ...all('/api/v1/redemptions', '/api/v1/redemptions/*', '/api/v1/events', '/api/v1/events/*'),
      ...all('/api/v1/webhooks', '/api/v1/webhooks/*', '/api/v1/relays', '/api/v1/relays/*'),
    ],
  },
  coupon: {
    modules: [
      'books',
      'codes',
      'pools',
      'distributions',
      'jobs',
      'doctor',
      'coupons-assign',
      'coupons-admin',
      'coupons-reads',
    ],
    rules: all(
      ...['/api/v1/books', '/api/v1/books/*', '/api/v1/stats', '/api/v1/pools', '/api/v1/pools/*'],
      ...['/api/v1/jobs', '/api/v1/jobs/*', '/api/v1/coupons', '/api/v1/coupons/*', '/api/v1/doctor'],
    ),
  },
} satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

/**
 * What `MODULES` names for a service.
 * @throws {ConfigError} when there is no such service
 */
export function modulesOfService(name: string | undefined): readonly string[] {
  if (name !== undefined && Object.hasOwn(services, name)) return services[name as ServiceName].modules;
  const given = name === undefined ? 'No service is named' : `There is no service "${name}"`;
  throw new ConfigError(
    `${given}: start this program with one of ${Object.keys(services).join(', ')}, or set MODULES to what it shall serve, such as accounts,books`,
  );
}

/**
 * Which service answers a request; undefined: the gateway itself.
 * @param path without its query
 */
export function serviceOf(method: string, path: string): ServiceName | undefined {
  const fits = (rule: Rule) =>
    (rule.method === undefined || rule.method === method) &&
    (rule.path.endsWith('/*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path);
  return (Object.keys(services) as ServiceName[]).find((name) => (services[name].rules as Rule[]).some(fits));
}
