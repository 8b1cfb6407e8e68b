import type { AdminMessages } from '../en/admin';
import books from './books';
import charts from './charts';
import codes from './codes';
import distribute from './distribute';
import files from './files';
import history from './history';
import jobs from './jobs';
import mail from './mail';
import overview from './overview';
import pools from './pools';
import users from './users';

export default {
  books,
  charts,
  codes,
  distribute,
  files,
  history,
  jobs,
  mail,
  overview,
  pools,
  users,
} satisfies AdminMessages;
