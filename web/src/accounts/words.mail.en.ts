export default {
  title: 'Write to them',
  poolText:
    'A file for your mail program’s mail merge: e-mail, name and access link of everybody in this pool.',
  jobText:
    'A file for your mail program’s mail merge: e-mail, name, access link and code, one row for each coupon.',
  links: 'Access links',
  missing: 'For people who need one',
  missingText:
    'People without a password get a link. If an earlier link still works, no new one is made and the cell stays empty.',
  renew: 'New links for everybody without a password',
  renewText: 'Earlier links stop working: send this file to all of them.',
  all: 'New links for everybody',
  allText:
    'Also for people with a password, which works until they use the link. Earlier links stop working.',
  none: 'None',
  noneText: 'The file has no links.',
  file: 'mail-merge',
  download: 'Download mail-merge file',
};
