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
  renew: 'New ones for all who have no password',
  renewText: 'Links that you gave these people before stop working: send this file to all of them.',
  all: 'New ones for everybody',
  allText:
    'Also for people who have a password: it works until they use the link. Links that you gave before stop working.',
  none: 'None',
  noneText: 'The file has no links.',
  file: 'mail-merge',
  download: 'Download mail-merge file',
};
