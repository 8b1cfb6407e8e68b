import type { Messages } from '../en';
import common from './common';
import problems from './problems';
import session from './session';
import states from './states';

export default { common, problems, session, states } satisfies Messages;
