import type { Words } from './en';
import books from '../books/words.en';
import charts from '../ui/words.charts.en';
import codes from '../codes/words.en';
import distribute from '../distributions/words.en';
import doctor from '../doctor/words.en';
import files from '../files/words.en';
import history from '../history/words.en';
import jobs from '../jobs/words.en';
import mail from '../accounts/words.mail.en';
import overview from '../overview/words.en';
import pools from '../pools/words.en';
import users from '../accounts/words.users.en';
import webhooks from '../webhooks/words.en';

const messages = {
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
};

/** What every language must have for the pages of administrators. Loaded for them only. */
export type AdminMessages = Words<typeof messages>;

export default messages as AdminMessages;
