import type { Words } from '.';
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

const messages = { books, charts, codes, distribute, files, history, jobs, mail, overview, pools, users };

/** What every language has to say on the pages of administrators: loaded for them alone. */
export type AdminMessages = Words<typeof messages>;

export default messages as AdminMessages;
