/** One entry per `code` of the API's table of errors, and `network` for a request that got no answer. */
export default {
  'invalid-request': { title: 'Something does not fit', text: 'Check the marked fields.' },
  'invalid-state': {
    title: 'Not possible now',
    text: 'The coupon has changed meanwhile. What you see is up to date again.',
  },
  'not-locked': {
    title: 'The coupon is not locked',
    text: 'Lock it first, then redeem it before the time runs out.',
  },
  'already-redeemed': { title: 'Already redeemed', text: 'Nothing is left to redeem on this coupon.' },
  unauthenticated: {
    title: 'Please sign in',
    text: 'The e-mail or the password is wrong, or the session has ended.',
  },
  forbidden: { title: 'Not allowed', text: 'Your account may not do this.' },
  'not-your-coupon': {
    title: 'Not your coupon',
    text: 'There is no such coupon, or it belongs to somebody else. Check the code.',
  },
  'not-your-lock': { title: 'Locked by somebody else', text: 'Only who locked the coupon can do this.' },
  'not-found': { title: 'Not found', text: 'It does not exist, or not any more.' },
  'method-not-allowed': { title: 'Not possible', text: 'The server does not know this action.' },
  'book-exhausted': { title: 'None left', text: 'Every coupon of this book has been given away.' },
  'assignment-limit-reached': {
    title: 'Limit reached',
    text: 'As many coupons of this book as one person can have have been given already.',
  },
  'already-assigned': { title: 'Already assigned', text: 'The coupon has an owner.' },
  'book-not-active': {
    title: 'The book is not active',
    text: 'It has not started, has ended, or was archived.',
  },
  conflict: {
    title: 'In conflict with what is there',
    text: 'The name or the e-mail is taken, or somebody was faster.',
  },
  'lock-expired': { title: 'The time has run out', text: 'Lock the coupon again, then redeem it in time.' },
  'payload-too-large': {
    title: 'Too large',
    text: 'Send less at a time; a file of codes can be cut in parts.',
  },
  'unsupported-media-type': { title: 'Not a text file', text: 'Upload a CSV file saved as UTF-8 text.' },
  'idempotency-key-reused': { title: 'That was another request', text: 'Reload the page and try again.' },
  'rate-limited': { title: 'Too many attempts', text: 'Wait a moment, then try again.' },
  'internal-error': {
    title: 'That went wrong',
    text: 'Nothing was changed. If it happens again, report it.',
  },
  unavailable: {
    title: 'The service does not answer',
    text: 'Try again: whatever happened the first time, it will be done only once.',
  },
  network: {
    title: 'No connection',
    text: 'Try again when you are online: whatever happened the first time, it will be done only once.',
  },
  retryIn: 'Again in {seconds} s.',
  requestId: 'Reference: {id}',
  fields: {
    required: 'Is needed',
    tooShort: 'At least {limit} characters',
    tooLong: 'At most {limit} characters',
    tooSmall: 'At least {limit}',
    tooLarge: 'At most {limit}',
    tooMuch: 'Is too large',
    format: 'Has not the right form',
    other: 'Does not fit: {detail}',
  },
};
