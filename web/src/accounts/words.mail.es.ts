export default {
  title: 'Escribirles',
  poolText:
    'Un archivo para combinar correspondencia: correo, nombre y enlace de acceso de todas las personas del grupo.',
  jobText:
    'Un archivo para combinar correspondencia: correo, nombre, enlace de acceso y código, una fila por cupón.',
  links: 'Enlaces de acceso',
  missing: 'Para quienes lo necesiten',
  missingText:
    'Quien no tiene contraseña recibe un enlace. Si aún le sirve uno anterior, no se crea otro y la celda queda vacía.',
  renew: 'Enlaces nuevos para quienes no tienen contraseña',
  renewText: 'Los enlaces anteriores dejan de funcionar: envíe este archivo a todas esas personas.',
  all: 'Enlaces nuevos para todos',
  allText:
    'También para quienes tienen contraseña, que sirve hasta que usen el enlace. Los enlaces anteriores dejan de funcionar.',
  none: 'Ninguno',
  noneText: 'El archivo no lleva enlaces.',
  file: 'correspondencia',
  download: 'Descargar el archivo de correspondencia',
};
