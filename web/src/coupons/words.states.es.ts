export default {
  UNASSIGNED: 'Libre',
  ASSIGNED: 'Asignado',
  LOCKED: 'Bloqueado',
  REDEEMED: 'Canjeado',
};
