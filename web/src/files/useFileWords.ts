import { useI18n } from 'vue-i18n';
import type { Schemas } from '../api/client';

export type ReadAs = Schemas['FileReadAs'];

/** Files in words of the reader's language. */
export function useFileWords() {
  const { t } = useI18n();

  /** How a file was read, in one line: column, titles, delimiter, encoding. Of jobs of before that is not known. */
  function readAsText({ encoding, delimiter, header, headerLine, column }: Partial<ReadAs>): string[] {
    if (encoding === undefined) return [];
    const from = header
      ? t('files.readAs.column', { title: header })
      : column
        ? t('files.readAs.numbered', { n: column })
        : t('files.readAs.all');
    const titles = headerLine ? t('files.readAs.header', { n: headerLine }) : t('files.readAs.noHeader');
    const parts = [from, titles];
    if (delimiter) {
      const shown = delimiter === '\t' ? t('files.readAs.tab') : delimiter;
      parts.push(t('files.readAs.delimiter', { delimiter: shown }));
    }
    return [[...parts, encoding.toUpperCase().replace('WINDOWS', 'Windows')].join(' · ')];
  }

  return { readAsText };
}
