import account from '../accounts/words.account.en';
import common from '../ui/words.en';
import coupons from '../coupons/words.en';
import problems from '../ui/words.problems.en';
import reasons from '../ui/words.reasons.en';
import session from '../accounts/words.session.en';
import states from '../coupons/words.states.en';

const messages = { account, common, coupons, problems, reasons, session, states };

export type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
/** What every language must have for the pages that everybody sees. A missing or misspelt key does not compile. */
export type Messages = Words<typeof messages>;

export default messages as Messages;
