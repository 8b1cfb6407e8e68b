import type { Messages } from '../en';
import common from './common';
import jobs from './jobs';
import problems from './problems';
import session from './session';
import states from './states';

export default { common, jobs, problems, session, states } satisfies Messages;
