import type { Messages } from '../en';
import account from './account';
import books from './books';
import charts from './charts';
import codes from './codes';
import common from './common';
import coupons from './coupons';
import distribute from './distribute';
import history from './history';
import jobs from './jobs';
import overview from './overview';
import pools from './pools';
import problems from './problems';
import session from './session';
import states from './states';
import users from './users';

export default {
  account,
  books,
  charts,
  codes,
  common,
  coupons,
  distribute,
  history,
  jobs,
  overview,
  pools,
  problems,
  session,
  states,
  users,
} satisfies Messages;
