import { useI18n } from 'vue-i18n';
import type { Schemas } from '../api/client';
import type { ApiProblem } from '../api/problem';

export type ReadAs = Schemas['FileReadAs'];

export interface Why {
  reason: string;
  values?: Record<string, string | number>;
  detail?: string;
}

/** Files in words of the reader's language: how one was read, and why a row, or all of it, was not used. */
export function useFileWords() {
  const { t, te } = useI18n();

  /** Ends a sentence that names the row. A reason that is new to us stays as the API wrote it. */
  function rowText({ reason, values = {}, detail }: Why): string {
    return te(`files.rows.${reason}`) ? t(`files.rows.${reason}`, values) : (detail ?? reason);
  }

  /** Why a file was refused as a whole; null for a problem that is about something else. */
  function refusalText({ reason, values }: ApiProblem): { title: string; description: string } | null {
    if (reason === null || !te(`files.refused.${reason}`)) return null;
    const kind = te(`files.what.${values.what}`) ? values.what : 'codes';
    const words = { ...values, what: t(`files.what.${kind}`), example: t(`files.example.${kind}`) };
    return { title: t('files.title'), description: t(`files.refused.${reason}`, words) };
  }

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

  return { rowText, refusalText, readAsText };
}
