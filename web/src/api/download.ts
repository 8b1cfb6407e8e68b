import { authorizedFetch } from './client';
import { isAborted, readProblem, toProblem } from './problem';

export interface Download {
  /** Path and query of the API. */
  address: string;
  /** What the file is called here. */
  name: string;
  type: 'text/csv' | 'application/json';
  /** Sent as JSON by POST; without it, it is a GET. */
  body?: object;
  /** Asks where to save and writes the file there as it arrives, in constant memory, if the browser can. */
  large?: boolean;
}

interface FilePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
    createWritable: () => Promise<WritableStream<Uint8Array>>;
  }>;
}

/**
 * Saves an answer of the API as a file. A link would not do: it sends no token, and a token in an address would end up in logs.
 * If the download breaks off, the incomplete file is not kept.
 * @param onBytes told how much has arrived
 * @returns false when the user chose no place for it
 * @throws {ApiProblem} when the API refuses, or the download breaks off or is stopped (`network`)
 */
export async function download(
  { address, name, type, body: sent, large = false }: Download,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<boolean> {
  try {
    const file = large ? await pickFile(name) : undefined;
    if (file === 'none chosen') return false;
    const response = await authorizedFetch(
      new Request(new URL(address, window.location.origin), {
        ...(sent && { method: 'POST', body: JSON.stringify(sent) }),
        headers: { accept: type, ...(sent && { 'content-type': 'application/json' }) },
        signal,
      }),
    );
    if (!response.ok || !response.body) throw await readProblem(response);
    const body = response.body.pipeThrough(counter(onBytes));
    if (file) await body.pipeTo(await file.createWritable());
    else save(await new Response(body).blob(), name);
    return true;
  } catch (error) {
    throw toProblem(error);
  }
}

/** Where to write to; undefined: the browser cannot be asked. */
async function pickFile(suggestedName: string) {
  const { showSaveFilePicker } = window as FilePicker;
  try {
    return await showSaveFilePicker?.({ suggestedName });
  } catch (error) {
    if (isAborted(error)) return 'none chosen';
    throw error;
  }
}

function counter(
  onBytes?: (bytes: number) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      onBytes?.((bytes += chunk.byteLength));
      controller.enqueue(chunk);
    },
  });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads it after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
