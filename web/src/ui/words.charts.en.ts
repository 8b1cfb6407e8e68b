export default {
  sum: '{n} in total',
  asTable: 'Show as a table',
  day: 'Day',
  redemptions: 'Redemptions',
  last30Days: 'Redemptions by day, last 30 days (UTC)',
};
