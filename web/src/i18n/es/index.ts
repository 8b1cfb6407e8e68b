import type { Messages } from '../en';
import account from './account';
import common from './common';
import coupons from './coupons';
import distribute from './distribute';
import history from './history';
import jobs from './jobs';
import pools from './pools';
import problems from './problems';
import session from './session';
import states from './states';
import users from './users';

export default {
  account,
  common,
  coupons,
  distribute,
  history,
  jobs,
  pools,
  problems,
  session,
  states,
  users,
} satisfies Messages;
