import type { Messages } from '../en';
import account from './account';
import common from './common';
import coupons from './coupons';
import problems from './problems';
import session from './session';
import states from './states';

export default { account, common, coupons, problems, session, states } satisfies Messages;
