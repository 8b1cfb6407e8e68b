/** PostgreSQL itself, also when the product goes through PgBouncer: the rivals prepare statements, which need a session. */
export const directUrl = () => (process.env.DATABASE_DIRECT_URL ?? process.env.DATABASE_URL)!;
