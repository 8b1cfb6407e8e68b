import type { Messages } from '../en';
import common from './common';
import distribute from './distribute';
import history from './history';
import jobs from './jobs';
import pools from './pools';
import problems from './problems';
import session from './session';
import states from './states';
import users from './users';

export default {
  common,
  distribute,
  history,
  jobs,
  pools,
  problems,
  session,
  states,
  users,
} satisfies Messages;
