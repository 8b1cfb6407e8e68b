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

const messages = {
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
};

type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
/** What every language has to say; a missing or misspelt key does not compile. */
export type Messages = Words<typeof messages>;

export default messages as Messages;
