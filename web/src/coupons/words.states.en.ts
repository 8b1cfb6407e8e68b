export default {
  UNASSIGNED: 'Free',
  ASSIGNED: 'Assigned',
  LOCKED: 'Locked',
  REDEEMED: 'Redeemed',
};
