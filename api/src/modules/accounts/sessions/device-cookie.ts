import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../../config.ts';
import { cookieOptions } from './session.ts';

const COOKIE = 'coupon_book_device';
const LIFE_DAYS = 180;

/** An account, as far as its devices are concerned. */
interface Owner {
  id: string;
  passwordHash: string | null;
}

/**
 * What a device is known by after a sign-in: a number, and a signature that says for which account. It is a place in the queue of those
 * who sign in, and never an entry (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies). The key is
 * the stored hash of the password, with its random salt: nothing else has to be kept, and another password ends all of them.
 */
export function newDevice(owner: Owner): string {
  const number = randomBytes(16).toString('base64url');
  return `${number}.${sign(number, owner).toString('base64url')}`;
}

/** The number of a device on which this account was signed in to; null for one of another account, of an earlier password, or made up. */
export function deviceOf(cookie: string | null, owner: Owner | undefined): string | null {
  const [, number, signature] = /^([\w-]{22})\.([\w-]{43})$/.exec(cookie ?? '') ?? [];
  if (!number || !signature) return null;
  const isRight = timingSafeEqual(Buffer.from(signature, 'base64url'), sign(number, owner));
  return isRight && owner?.passwordHash ? number : null;
}

const sign = (number: string, owner: Owner | undefined) =>
  createHmac('sha256', owner?.passwordHash ?? '')
    .update(`device ${owner?.id ?? ''} ${number}`)
    .digest();

export const readDeviceCookie = (request: FastifyRequest): string | null => request.cookies[COOKIE] ?? null;

export function setDeviceCookie(reply: FastifyReply, device: string, config: Config): void {
  reply.setCookie(COOKIE, device, { ...cookieOptions(config), maxAge: LIFE_DAYS * 86_400 });
}
