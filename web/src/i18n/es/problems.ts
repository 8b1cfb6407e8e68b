export default {
  'invalid-request': { title: 'Algo no encaja', text: 'Revise los campos marcados.' },
  'invalid-state': {
    title: 'Ahora no es posible',
    text: 'El cupón ha cambiado entretanto. Lo que ve vuelve a estar al día.',
  },
  'not-locked': {
    title: 'El cupón no está bloqueado',
    text: 'Bloquéelo primero y canjéelo antes de que se acabe el tiempo.',
  },
  'already-redeemed': { title: 'Ya canjeado', text: 'A este cupón no le queda nada por canjear.' },
  unauthenticated: {
    title: 'Inicie sesión',
    text: 'El correo o la contraseña no son correctos, o la sesión ha terminado.',
  },
  forbidden: { title: 'No permitido', text: 'Su cuenta no puede hacer esto.' },
  'not-your-coupon': {
    title: 'No es su cupón',
    text: 'Ese cupón no existe o es de otra persona. Revise el código.',
  },
  'not-your-lock': {
    title: 'Bloqueado por otra persona',
    text: 'Solo puede hacerlo quien bloqueó el cupón.',
  },
  'not-found': { title: 'No encontrado', text: 'No existe, o ya no existe.' },
  'method-not-allowed': { title: 'No es posible', text: 'El servidor no conoce esta acción.' },
  'book-exhausted': {
    title: 'No queda ninguno',
    text: 'Ya se han entregado todos los cupones de este talonario.',
  },
  'assignment-limit-reached': {
    title: 'Límite alcanzado',
    text: 'Ya se han entregado tantos cupones de este talonario como puede tener una persona.',
  },
  'already-assigned': { title: 'Ya asignado', text: 'El cupón tiene dueño.' },
  'book-not-active': {
    title: 'El talonario no está activo',
    text: 'No ha empezado, ha terminado o está archivado.',
  },
  conflict: {
    title: 'En conflicto con lo que hay',
    text: 'El nombre o el correo ya existen, o alguien se ha adelantado.',
  },
  'lock-expired': {
    title: 'Se acabó el tiempo',
    text: 'Bloquee el cupón otra vez y canjéelo a tiempo.',
  },
  'payload-too-large': {
    title: 'Demasiado grande',
    text: 'Envíe menos de una vez; un archivo de códigos se puede partir.',
  },
  'unsupported-media-type': {
    title: 'No es un archivo de texto',
    text: 'Suba un archivo CSV guardado como texto UTF-8.',
  },
  'idempotency-key-reused': { title: 'Era otra petición', text: 'Recargue la página y vuelva a intentarlo.' },
  'rate-limited': { title: 'Demasiados intentos', text: 'Espere un momento y vuelva a intentarlo.' },
  'internal-error': { title: 'Algo ha fallado', text: 'No se ha cambiado nada. Si se repite, avise.' },
  unavailable: {
    title: 'El servicio no responde',
    text: 'Reintente: pasara lo que pasara la primera vez, se hará una sola vez.',
  },
  network: {
    title: 'Sin conexión',
    text: 'Reintente cuando tenga conexión: pasara lo que pasara la primera vez, se hará una sola vez.',
  },
  retryIn: 'De nuevo en {seconds} s.',
  requestId: 'Referencia: {id}',
  fields: {
    required: 'Es obligatorio',
    tooShort: 'Al menos {limit} caracteres',
    tooLong: 'Como mucho {limit} caracteres',
    tooSmall: 'Al menos {limit}',
    tooLarge: 'Como mucho {limit}',
    tooMuch: 'Es demasiado grande',
    format: 'No tiene la forma correcta',
    other: 'No encaja: {detail}',
  },
};
