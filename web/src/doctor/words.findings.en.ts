import type { FindingWords } from './useFindingWords';

const BROKEN =
  'Archive this book, so that nobody gets coupons of it. Keep a back-up of the database as it is, and report it: the service never writes such data.';

export default {
  unreachable: {
    detail: 'The database cannot be reached: {error}.',
    advice: 'Check DATABASE_URL, whether PostgreSQL runs, and whether this machine may connect to it.',
  },
  'service-unreachable': {
    detail: 'The service does not answer: {error}.',
    advice: 'Check the address, the load balancer and whether the process runs; its log says more.',
  },
  'service-not-ready': {
    detail: 'The service answers {status}: {error}',
    advice: 'See its log, and run npm run doctor with its database.',
  },
  'clock-differs-from-service': {
    detail: 'The clocks of the service and of the machine that asked differ by {seconds} s.',
    advice: 'Let both follow a time server.',
  },
  'old-postgres': { detail: 'PostgreSQL {version} is older than 15.', advice: 'Upgrade PostgreSQL.' },
  'not-utf8': {
    detail: 'The database has the encoding {encoding}.',
    advice: 'Make a database with the encoding UTF8, and restore a dump into it.',
  },
  'migrations-missing': {
    detail: 'These migrations have not been applied: {names}.',
    advice: 'Start this version of the service once: it applies them. If it does not, its log says why.',
  },
  'migrations-unknown': {
    detail: 'The database has migrations that this version does not know: {names}.',
    advice: 'Run the version of the service that applied them, or a newer one.',
  },
  'rights-missing': {
    detail: 'The database role of the service lacks rights.',
    advice: 'Let the owner of the database run these statements.',
  },
  'read-only': {
    detail: 'The database takes no changes: it is a standby, or a setting makes it read-only.',
    advice: 'Point DATABASE_URL at the primary, or undo default_transaction_read_only.',
  },
  'not-durable': {
    detail: '{setting} is {value}: after a crash, acknowledged changes may be lost.',
    advice: 'Set it to on.',
  },
  'slow-wal-compression': {
    detail: 'wal_compression is pglz, which doubles the CPU of an assignment.',
    advice: 'Set wal_compression to off or lz4.',
  },
  'autovacuum-off': {
    detail: 'Autovacuum is off: tables grow, and in the end PostgreSQL stops taking changes.',
    advice: 'Set autovacuum to on.',
  },
  'few-connections': {
    detail:
      'The database can take only {free} more connection. | The database can take only {free} more connections.',
    advice: 'Raise max_connections, lower DATABASE_POOL_SIZE, or put PgBouncer in between.',
  },
  'clock-differs': {
    detail: 'The clocks of the service and of the database differ by {seconds} s.',
    advice:
      'Let both follow a time server. Dates, locks and sign-ins follow the database; times in the log follow the service.',
  },
  'old-transaction': {
    detail: 'A transaction of “{application}” (process {pid}) has been open for {minutes} min.',
    advice: 'Vacuum cannot clean up behind it. Find out what it does (pg_stat_activity), or end it.',
  },
  'prepared-transaction': {
    detail: 'The prepared transaction {gid} has waited for {minutes} min.',
    advice:
      'It holds its locks until it is finished, even over a restart. COMMIT PREPARED makes it last; otherwise end it.',
  },
  'blocked-session': {
    detail: 'Process {pid} has waited {seconds} s for a lock that process {blockedBy} holds.',
    advice: 'Find out what process {blockedBy} does (pg_stat_activity), or end it.',
  },
  'transaction-ids': {
    detail:
      'The oldest transaction id is {age} transactions old. At 2 billion PostgreSQL stops taking changes.',
    advice: 'Look for old transactions and replication slots first: they keep vacuum from helping.',
  },
  'inactive-slot': {
    detail: 'Nobody reads the replication slot {name}. It keeps {megabytes} MB of WAL on the disk.',
    advice: 'Bring its reader back, or drop it before the disk is full.',
  },
  'invalid-index': { detail: 'The index {name} is invalid.', advice: 'Build it again.' },
  'locks-not-swept': {
    detail:
      '{count} lock ran out {minutes} min ago and was not noted. | {count} locks ran out and were not noted, the oldest {minutes} min ago.',
    advice:
      'No process sweeps. Run a monolith or a worker with SWEEP_SECONDS above 0. The coupons are usable all the same.',
  },
  'counts-not-folded': {
    detail: '{rows} changes of counts have not been added up.',
    advice:
      'No process does the chores. Run a monolith or a worker with SWEEP_SECONDS above 0. The counts are right, but slow to read.',
  },
  'jobs-not-run': {
    detail: '{count} job has waited for {minutes} min. | {count} jobs wait, the oldest for {minutes} min.',
    advice: 'Run a process with JOB_CONCURRENCY above 0, or wait until the jobs before them end.',
  },
  'jobs-failed': {
    detail: '{count} job failed in the last 24 hours. | {count} jobs failed in the last 24 hours.',
    advice: 'See why on the page Jobs.',
  },
  'relay-stopped': {
    detail:
      'Events are no longer handed on to {relay}: a backup was restored, so nobody knows which were sent.',
    advice:
      'Decide from what time on events are to be sent again, and resume the relay from there: POST /api/v1/relays/{relay}/resume.',
  },
  'webhooks-failing': {
    detail:
      '{count} webhook fails, or was switched off because it failed. | {count} webhooks fail, or were switched off because they failed.',
    advice:
      'See the answers on the page Webhooks. When the address works again, switch it on and send again.',
  },
  'no-admin': {
    detail: 'No enabled account is an administrator.',
    advice: 'Run npm run reset-admin, or start the service again: it makes the first one.',
  },
  'initial-password': {
    detail: 'The administrator {email} still has the initial password.',
    advice: 'Sign in as this administrator and change it.',
  },
  'email-clashes': {
    detail:
      '{count} account has an e-mail that, in today’s spelling, belongs to another account. | {count} accounts have an e-mail that, in today’s spelling, belongs to another account.',
    advice: 'Disable the account of the two that should not be used.',
  },
  'old-signing-key': {
    detail: 'The key that signs access tokens is {days} days old.',
    advice: 'No process rotates keys. Run a monolith or a worker with SWEEP_SECONDS above 0.',
  },
  'broken-counter': {
    detail:
      '{count} person has a different number of coupons of this book than is counted. {example} | {count} people have a different number of coupons of this book than is counted. {example}',
    advice: BROKEN,
  },
  'broken-counts': {
    detail: 'The counts of this book are not those of its coupons. {example}',
    advice: BROKEN,
  },
  'broken-redemptions': {
    detail:
      '{count} coupon of this book has other redemptions than its history. {example} | {count} coupons of this book have other redemptions than their history. {example}',
    advice: BROKEN,
  },
  'broken-trail': {
    detail:
      '{count} coupon of this book is not as its last event left it. {example} | {count} coupons of this book are not as their last event left them. {example}',
    advice: BROKEN,
  },
  'more-broken-books': {
    detail:
      '{count} more book has data that are not as they must be. | {count} more books have data that are not as they must be.',
    advice: 'npm run doctor -- --data names them all.',
  },
} satisfies FindingWords;
