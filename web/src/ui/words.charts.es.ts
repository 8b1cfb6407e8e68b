export default {
  sum: '{n} en total',
  asTable: 'Mostrar como tabla',
  day: 'Día',
  redemptions: 'Canjes',
  last30Days: 'Canjes por día, últimos 30 días (UTC)',
};
