import pg from 'pg';

/**
 * Gives a database a clock of its own: a function of the same name, in a schema that is searched before the built-in one. What
 * runs is the service's own SQL. For connections opened after this.
 */
export async function installClock(
  url: string,
  start: number,
): Promise<{ set: (time: number) => Promise<void>; close: () => Promise<void> }> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>('SELECT quote_ident(current_database()) AS name');
  await client.query(`
    CREATE SCHEMA clock;
    CREATE TABLE clock.hands (now timestamptz(3) NOT NULL);
    INSERT INTO clock.hands VALUES (to_timestamp(${start / 1000}));
    CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM clock.hands';
    ALTER DATABASE ${rows[0]!.name} SET search_path = clock, pg_catalog, public`);
  return {
    set: async (time) => void (await client.query('UPDATE clock.hands SET now = $1', [new Date(time)])),
    close: () => client.end(),
  };
}
