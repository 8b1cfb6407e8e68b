import type { FindingWords } from './useFindingWords';

const BROKEN =
  'Archive este talonario para que nadie reciba más cupones. Guarde una copia de la base de datos tal como está y avise: el servicio nunca escribe datos así.';

export default {
  unreachable: {
    detail: 'No se puede acceder a la base de datos: {error}.',
    advice: 'Compruebe DATABASE_URL, que PostgreSQL esté en marcha y que esta máquina pueda conectarse a él.',
  },
  'service-unreachable': {
    detail: 'El servicio no responde: {error}.',
    advice:
      'Compruebe la dirección, el balanceador de carga y que el proceso esté en marcha; su registro dice más.',
  },
  'service-not-ready': {
    detail: 'El servicio responde {status}: {error}',
    advice: 'Mire su registro y ejecute npm run doctor con su base de datos.',
  },
  'clock-differs-from-service': {
    detail: 'El reloj del servicio y el de la máquina que pregunta difieren en {seconds} s.',
    advice: 'Sincronice los dos con un servidor de hora.',
  },
  'old-postgres': { detail: 'PostgreSQL {version} es anterior a la 15.', advice: 'Actualice PostgreSQL.' },
  'not-utf8': {
    detail: 'La base de datos tiene la codificación {encoding}.',
    advice: 'Cree una base de datos con la codificación UTF8 y restaure en ella una copia.',
  },
  'migrations-missing': {
    detail: 'Faltan por aplicar estas migraciones: {names}.',
    advice:
      'Arranque una vez esta versión del servicio: las aplica. Si no lo hace, su registro dice por qué.',
  },
  'migrations-unknown': {
    detail: 'La base de datos tiene migraciones que esta versión no conoce: {names}.',
    advice: 'Use la versión del servicio que las aplicó, o una más reciente.',
  },
  'rights-missing': {
    detail: 'Al rol con el que el servicio entra en la base de datos le faltan permisos.',
    advice: 'Pida a quien administra la base de datos que ejecute estas instrucciones.',
  },
  'read-only': {
    detail: 'La base de datos no admite cambios: es una réplica o está configurada como de solo lectura.',
    advice: 'Apunte DATABASE_URL al servidor principal, o deshaga default_transaction_read_only.',
  },
  'not-durable': {
    detail: '{setting} está en {value}: si el servidor se cae, se pueden perder cambios ya confirmados.',
    advice: 'Póngalo en on.',
  },
  'slow-wal-compression': {
    detail: 'wal_compression está en pglz, lo que duplica la CPU de cada asignación.',
    advice: 'Ponga wal_compression en off o en lz4.',
  },
  'autovacuum-off': {
    detail: 'Autovacuum está desactivado: las tablas crecen y, al final, PostgreSQL deja de admitir cambios.',
    advice: 'Ponga autovacuum en on.',
  },
  'few-connections': {
    detail:
      'A la base de datos solo le cabe {free} conexión más. | A la base de datos solo le caben {free} conexiones más.',
    advice: 'Suba max_connections, baje DATABASE_POOL_SIZE o ponga PgBouncer en medio.',
  },
  'clock-differs': {
    detail: 'El reloj del servicio y el de la base de datos difieren en {seconds} s.',
    advice:
      'Sincronice los dos con un servidor de hora. Las fechas, los bloqueos y las sesiones siguen a la base de datos; las horas del registro, al servicio.',
  },
  'old-transaction': {
    detail: 'Una transacción de «{application}» (proceso {pid}) lleva {minutes} min abierta.',
    advice: 'Impide que vacuum limpie. Averigüe qué hace (pg_stat_activity) o ciérrela.',
  },
  'prepared-transaction': {
    detail: 'La transacción preparada {gid} lleva {minutes} min esperando.',
    advice:
      'Conserva sus bloqueos hasta que termine, incluso tras un reinicio. COMMIT PREPARED la confirma; si no, ciérrela.',
  },
  'blocked-session': {
    detail: 'El proceso {pid} lleva {seconds} s esperando un bloqueo del proceso {blockedBy}.',
    advice: 'Averigüe qué hace el proceso {blockedBy} (pg_stat_activity) o ciérrelo.',
  },
  'transaction-ids': {
    detail:
      'El id de transacción más antiguo tiene {age} transacciones. Al llegar a 2000 millones, PostgreSQL deja de admitir cambios.',
    advice: 'Busque antes transacciones viejas y ranuras de replicación: impiden que vacuum sirva de algo.',
  },
  'inactive-slot': {
    detail: 'Nadie lee la ranura de replicación {name}. Retiene {megabytes} MB de WAL en el disco.',
    advice: 'Recupere a quien la leía, o elimínela antes de que el disco se llene.',
  },
  'invalid-index': { detail: 'El índice {name} no es válido.', advice: 'Vuelva a crearlo.' },
  'locks-not-swept': {
    detail:
      '{count} bloqueo venció hace {minutes} min y no se ha anotado. | {count} bloqueos vencieron y no se han anotado; el más antiguo, hace {minutes} min.',
    advice:
      'Ningún proceso hace limpieza. Ponga en marcha un monolito o un worker con SWEEP_SECONDS mayor que 0. Los cupones se pueden usar igualmente.',
  },
  'counts-not-folded': {
    detail: 'Quedan {rows} cambios de los totales sin sumar.',
    advice:
      'Ningún proceso hace limpieza. Ponga en marcha un monolito o un worker con SWEEP_SECONDS mayor que 0. Los totales son correctos, pero lentos de leer.',
  },
  'jobs-not-run': {
    detail:
      '{count} tarea lleva {minutes} min esperando. | {count} tareas esperan; la más antigua, desde hace {minutes} min.',
    advice:
      'Ponga en marcha un proceso con JOB_CONCURRENCY mayor que 0, o espere a que acaben las tareas anteriores.',
  },
  'jobs-failed': {
    detail: '{count} tarea falló en las últimas 24 horas. | {count} tareas fallaron en las últimas 24 horas.',
    advice: 'Vea por qué en la página Tareas.',
  },
  'relay-stopped': {
    detail:
      'Los eventos ya no se entregan a {relay}: se restauró una copia de seguridad y no se sabe cuáles se enviaron.',
    advice:
      'Decida desde qué hora hay que enviar los eventos otra vez y reanude desde ahí: POST /api/v1/relays/{relay}/resume.',
  },
  'webhooks-failing': {
    detail:
      '{count} webhook falla, o se desactivó porque fallaba. | {count} webhooks fallan, o se desactivaron porque fallaban.',
    advice:
      'Vea las respuestas en la página Webhooks. Cuando la dirección vuelva a funcionar, actívelo y envíe otra vez.',
  },
  'no-admin': {
    detail: 'Ninguna cuenta activa es de un administrador.',
    advice: 'Ejecute npm run reset-admin, o reinicie el servicio: crea el primero.',
  },
  'initial-password': {
    detail: 'El administrador {email} sigue con la contraseña inicial.',
    advice: 'Inicie sesión con esa cuenta y cámbiela.',
  },
  'email-clashes': {
    detail:
      '{count} cuenta tiene un correo que, tal como se escribe hoy, es de otra cuenta. | {count} cuentas tienen un correo que, tal como se escribe hoy, es de otra cuenta.',
    advice: 'Desactive la cuenta de las dos que no se deba usar.',
  },
  'old-signing-key': {
    detail: 'La clave que firma los tokens de acceso tiene {days} días.',
    advice:
      'Ningún proceso renueva las claves. Ponga en marcha un monolito o un worker con SWEEP_SECONDS mayor que 0.',
  },
  'broken-counter': {
    detail:
      '{count} persona tiene un número de cupones de este talonario distinto del contado. {example} | {count} personas tienen un número de cupones de este talonario distinto del contado. {example}',
    advice: BROKEN,
  },
  'broken-counts': {
    detail: 'Los totales de este talonario no son los de sus cupones. {example}',
    advice: BROKEN,
  },
  'broken-redemptions': {
    detail:
      '{count} cupón de este talonario tiene canjes distintos de los de su historial. {example} | {count} cupones de este talonario tienen canjes distintos de los de su historial. {example}',
    advice: BROKEN,
  },
  'broken-trail': {
    detail:
      '{count} cupón de este talonario no está como lo dejó su último evento. {example} | {count} cupones de este talonario no están como los dejó su último evento. {example}',
    advice: BROKEN,
  },
  'more-broken-books': {
    detail:
      '{count} talonario más tiene datos incorrectos. | {count} talonarios más tienen datos incorrectos.',
    advice: 'npm run doctor -- --data los nombra todos.',
  },
} satisfies FindingWords;
