import { randomInt, randomUUID } from 'node:crypto';

const COUNTER_DIGITS = 12;
const COUNTERS = 16 ** COUNTER_DIGITS;

/**
 * UUIDs that tell requests of all processes apart, and are nothing to guess or to keep secret: a random beginning for each process, and
 * a count. A random one for each request costs 2 µs.
 */
export function uuidSequence(): () => string {
  const beginning = randomUUID().slice(0, -COUNTER_DIGITS);
  let counter = randomInt(2 ** 47);
  return () => {
    counter = (counter + 1) % COUNTERS;
    return beginning + counter.toString(16).padStart(COUNTER_DIGITS, '0');
  };
}
