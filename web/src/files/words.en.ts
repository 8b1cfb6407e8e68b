/** How a file was read. */
export default {
  readAs: {
    column: 'Read from the column “{title}”',
    numbered: 'Read from column {n}',
    all: 'Read from every cell',
    header: 'titles in line {n}',
    noHeader: 'no titles',
    delimiter: 'separated by {delimiter}',
    tab: 'tab',
  },
};
