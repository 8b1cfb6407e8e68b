import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Network = [Address, number];

/** Networks of our own that endpoints may be in, beside the public Internet. */
export type AllowedNetworks = readonly Network[];

/** @returns null when one of them is no network such as 10.0.0.0/8 */
export function readNetworks(texts: readonly string[]): AllowedNetworks | null {
  try {
    return texts.map((text) => ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${widthOf(text)}`));
  } catch {
    return null;
  }
}

const widthOf = (text: string) => (text.includes(':') ? 128 : 32);

/** The endpoint is at an address that is not public: of this machine, of our own network, or of no machine at all. */
class RefusedAddress extends Error {
  readonly code = 'REFUSED_ADDRESS';
  override message = 'the address is not public';
}

/**
 * Whether requests may be sent to an address: it is a public one (only what ipaddr.js calls plain unicast is, so loopback, private,
 * link-local, cloud metadata, translated and tunnelled addresses are not), or one that is allowed. An IPv4 address inside of an IPv6
 * one is looked at as what it is.
 */
export function isAllowed(text: string, allowed: AllowedNetworks): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (isPublic(address)) return true;
  return allowed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/** All IPv6 addresses that are given out are in here; `::7f00:1` is not, which ipaddr.js calls unicast. */
const GIVEN_OUT = ipaddr.parseCIDR('2000::/3');

const isPublic = (address: Address) =>
  address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(...GIVEN_OUT));

/** The host of a URL when it is an address and no name; the URL has brought all its spellings to one. */
export function addressIn({ hostname }: URL): string | null {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(text) ? text : null;
}

/**
 * Looks a name up, for a connection that is made to what this finds and to nothing else: between the look and the connection there is
 * no second one. One address that is not allowed is enough to refuse the name.
 */
export function guardedLookup(allowed: AllowedNetworks, resolve: Resolve = lookupName): LookupFunction {
  const lookUp = sharing(resolve);
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) callback(error, '');
      else if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address, allowed)))
        callback(new RefusedAddress(), '');
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

/**
 * Asks once for a name that several want at the same time. Few threads of the process look names up: one endpoint whose name servers
 * say nothing would else take all of them, and every other endpoint would wait.
 */
function sharing(resolve: Resolve): Resolve {
  const asked = new Map<string, Parameters<Resolve>[2][]>();
  return (hostname, options, callback) => {
    const question = JSON.stringify([hostname, options]);
    const others = asked.get(question);
    if (others) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    asked.set(question, callbacks);
    resolve(hostname, options, (error, addresses) => {
      asked.delete(question);
      for (const answer of callbacks) answer(error, addresses);
    });
  };
}

/** How names are looked up; tests have their own. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;
