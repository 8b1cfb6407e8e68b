import pg from 'pg';

/**
 * Gives a database a clock of its own: a function of the same name, in a schema that is searched before the built-in one. What
 * runs is the service's own SQL.
 * @returns the `url` for those who shall live by it
 */
export async function installClock(
  url: string,
  start: number,
): Promise<{ url: string; set: (time: number) => Promise<void>; close: () => Promise<void> }> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    CREATE SCHEMA clock;
    CREATE TABLE clock.hands (now timestamptz(3) NOT NULL);
    INSERT INTO clock.hands VALUES (to_timestamp(${start / 1000}));
    CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM clock.hands'`);
  const own = new URL(url);
  own.searchParams.set('options', '-csearch_path=clock,pg_catalog,public');
  return {
    url: own.href,
    set: async (time) => void (await client.query('UPDATE clock.hands SET now = $1', [new Date(time)])),
    close: () => client.end(),
  };
}
