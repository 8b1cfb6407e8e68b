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
  renew: 'Para quienes no tengan contraseña',
  renewText:
    'Quien no tiene contraseña recibe un enlace nuevo. Los que les dio antes dejan de funcionar: envíe este archivo a todas esas personas.',
  all: 'Para todos',
  allText:
    'Todos reciben un enlace nuevo, también quien tiene contraseña: le sirve hasta que use el enlace. Los enlaces que dio antes dejan de funcionar.',
  none: 'Ninguno',
  noneText: 'El archivo no lleva enlaces.',
  file: 'correspondencia',
  download: 'Descargar el archivo de correspondencia',
};
