export default {
  title: 'Escribirles',
  poolText:
    'Un archivo para combinar correspondencia: correo, nombre y enlace de acceso de todas las personas del grupo.',
  jobText:
    'Un archivo para combinar correspondencia: correo, nombre, enlace de acceso y código, una línea por cupón.',
  links: 'Enlaces de acceso',
  missing: 'Para quienes lo necesiten',
  missingText:
    'Quien no tiene contraseña recibe un enlace, salvo que aún le sirva uno que ya le dio. Ese sigue sirviendo y su celda queda vacía.',
  renew: 'Nuevos para todos los que no tienen contraseña',
  renewText: 'Los enlaces que les dio antes dejan de funcionar: envíe este archivo a todas esas personas.',
  all: 'Nuevos para todos',
  allText:
    'También para quienes tienen contraseña: les sirve hasta que usen el enlace. Los enlaces que dio antes dejan de funcionar.',
  none: 'Ninguno',
  noneText: 'El archivo no lleva enlaces.',
  file: 'correspondencia',
  download: 'Descargar el archivo de correspondencia',
};
