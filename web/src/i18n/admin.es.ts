import type { AdminMessages } from './admin.en';
import books from '../books/words.es';
import charts from '../ui/words.charts.es';
import codes from '../codes/words.es';
import distribute from '../distributions/words.es';
import doctor from '../doctor/words.es';
import files from '../files/words.es';
import history from '../history/words.es';
import jobs from '../jobs/words.es';
import mail from '../accounts/words.mail.es';
import overview from '../overview/words.es';
import pools from '../pools/words.es';
import users from '../accounts/words.users.es';
import webhooks from '../webhooks/words.es';

export default {
  books,
  charts,
  codes,
  distribute,
  doctor,
  files,
  history,
  jobs,
  mail,
  overview,
  pools,
  users,
  webhooks,
} satisfies AdminMessages;
