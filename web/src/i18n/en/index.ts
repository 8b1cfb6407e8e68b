import account from './account';
import common from './common';
import coupons from './coupons';
import problems from './problems';
import session from './session';
import states from './states';

const messages = { account, common, coupons, problems, session, states };

export type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
/** What every language has to say, on the pages that everybody sees; a missing or misspelt key does not compile. */
export type Messages = Words<typeof messages>;

export default messages as Messages;
