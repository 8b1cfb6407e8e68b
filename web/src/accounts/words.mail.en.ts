export default {
  title: 'Write to them',
  poolText:
    'A file for the mail merge of your mail program: e-mail, name and access link of everybody in this pool.',
  jobText:
    'A file for the mail merge of your mail program: e-mail, name, access link and code, a line for each coupon.',
  links: 'Access links',
  missing: 'For people who need one',
  missingText:
    'People without a password get a link, unless one that you gave them still works. That one goes on working, and their cell is empty.',
  renew: 'For everybody without a password',
  renewText:
    'Everybody without a password gets a new link. Links that you gave them before stop working: send this file to all of them.',
  all: 'For everybody',
  allText:
    'Everybody gets a new link, also people who have a password: it works until they use the link. Links that you gave before stop working.',
  none: 'None',
  noneText: 'The file has no links.',
  file: 'mail-merge',
  download: 'Download mail-merge file',
};
