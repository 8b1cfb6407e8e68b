import common from './common';
import jobs from './jobs';
import problems from './problems';
import session from './session';
import states from './states';

const messages = { common, jobs, problems, session, states };

type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
/** What every language has to say; a missing or misspelt key does not compile. */
export type Messages = Words<typeof messages>;

export default messages as Messages;
