import type { Messages } from './en';
import account from '../accounts/words.account.es';
import common from '../ui/words.es';
import coupons from '../coupons/words.es';
import problems from '../ui/words.problems.es';
import reasons from '../ui/words.reasons.es';
import session from '../accounts/words.session.es';
import states from '../coupons/words.states.es';

export default { account, common, coupons, problems, reasons, session, states } satisfies Messages;
