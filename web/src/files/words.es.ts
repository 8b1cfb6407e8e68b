export default {
  readAs: {
    column: 'Se leyó la columna «{title}»',
    numbered: 'Se leyó la columna {n}',
    all: 'Se leyeron todas las celdas',
    header: 'títulos en la línea {n}',
    noHeader: 'sin títulos',
    delimiter: 'separado por {delimiter}',
    tab: 'tabulador',
  },
};
