import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ADMIN, CHECKOUT, NEWCOMER, PASSWORD, REGULAR, SHOPPER } from './people.ts';

const ACCOUNTS = [
  [ADMIN.email, 'ADMIN', 'sees and configures everything'],
  [SHOPPER, 'USER', 'has coupons in every state'],
  [REGULAR, 'USER', 'has used most of many coupons'],
  [NEWCOMER, 'USER', 'has none yet'],
  [CHECKOUT, 'ADMIN', "the shop's backend, acts for those without a password"],
] as const;

/** Where the demo is, who can sign in, and what to try first. */
export function describeDemo(app: FastifyInstance, dataDir: string): string {
  const url = `http://localhost:${(app.server.address() as AddressInfo).port}`;
  const width = Math.max(...ACCOUNTS.map(([email]) => email.length));
  return [
    '',
    `  The demo is ready: ${url}   (API: ${url}/docs)`,
    '',
    `  Everybody's password: ${PASSWORD}`,
    '',
    ...ACCOUNTS.map(([email, role, what]) => `    ${email.padEnd(width)}  ${role.padEnd(5)}  ${what}`),
    '',
    `  Try first, as ${SHOPPER}: lock a coupon of "Flash hour", which holds for 30 seconds, and redeem it in time.`,
    `  Then, as ${ADMIN.email}: give "Weekend sale" to the pool "Newsletter readers", and see who got what.`,
    '',
    `  The data stay in ${dataDir}/, with all that you do. Remove that folder to begin anew.`,
    '',
  ].join('\n');
}
