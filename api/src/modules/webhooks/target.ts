import { addressIn, type AllowedNetworks, guardedLookup, isAllowed, type Resolve } from '../../addresses.ts';

const LOOK_UP_WITHIN_MS = 4_000;

export type TargetFault =
  'url-not-readable' | 'url-not-http' | 'url-with-user' | 'url-not-public' | 'url-name-unknown';

/**
 * A URL as an endpoint has it: http or https, no user in it, without its fragment; or what is wrong with it.
 */
export function readTarget(text: string): URL | TargetFault {
  // Characters that a URL drops on reading: what is saved shall be what was meant.
  if (/[\s\p{Cc}\p{Cf}\\]/u.test(text) || !URL.canParse(text)) return 'url-not-readable';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'url-not-http';
  if (url.username || url.password || /^[^/]*\/+[^/?#]*@/.test(text)) return 'url-with-user';
  url.hash = '';
  return url;
}

/**
 * Whether requests may be sent there now, as far as the address goes. Sending looks again: names change.
 * @returns what is wrong, or null
 */
export async function examineTarget(
  url: URL,
  allowed: AllowedNetworks,
  resolve?: Resolve,
): Promise<TargetFault | null> {
  const address = addressIn(url);
  if (address !== null) return isAllowed(address, allowed) ? null : 'url-not-public';
  return new Promise((settle) => {
    const timer = setTimeout(() => settle('url-name-unknown'), LOOK_UP_WITHIN_MS);
    guardedLookup(allowed, resolve)(url.hostname, { all: true }, (error) => {
      clearTimeout(timer);
      if (!error) settle(null);
      else settle(error.code === 'REFUSED_ADDRESS' ? 'url-not-public' : 'url-name-unknown');
    });
  });
}
