import { authorizedFetch, type Schemas } from '../api/client';
import { readProblem, toProblem } from '../api/problem';

/** How a file is to be read and stored; a column only where the file leaves it open. */
export interface UploadHow {
  onError: 'skip' | 'abort';
  column?: string;
}

/**
 * Uploads a file of codes as it is, read from the disk while it is sent. `fetch` cannot tell how much has been sent; XMLHttpRequest can.
 * @param onProgress told which share of the file has been sent, 0 to 1
 * @returns the job that stores the codes
 * @throws {ApiProblem} `network` also when it was stopped by `signal`
 */
export async function uploadCodes(
  bookId: string,
  file: File,
  how: UploadHow,
  headers: Record<string, string>,
  { onProgress, signal }: { onProgress: (share: number) => void; signal: AbortSignal },
): Promise<Schemas['Job']> {
  const address = new URL(`/api/v1/books/${bookId}/codes/upload`, window.location.origin);
  address.search = new URLSearchParams({ ...how }).toString();
  const request = new Request(address, {
    method: 'POST',
    // Its job is followed from here: nobody waits for its end.
    headers: { ...headers, 'content-type': 'text/csv', prefer: 'respond-async' },
  });
  try {
    const response = await authorizedFetch(request, (authorized) =>
      sendFile(authorized, file, onProgress, signal),
    );
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as Schemas['Job'];
  } catch (error) {
    throw toProblem(error);
  }
}

function sendFile(
  request: Request,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(request.method, request.url);
    request.headers.forEach((value, name) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1);
    xhr.onload = () =>
      resolve(new Response(xhr.responseText, { status: xhr.status, headers: readHeaders(xhr) }));
    xhr.onerror = () => reject(new TypeError('no answer'));
    xhr.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => xhr.abort());
    if (signal.aborted) return reject(new DOMException('stopped', 'AbortError'));
    xhr.send(file);
  });
}

function readHeaders(xhr: XMLHttpRequest): Headers {
  const lines = xhr.getAllResponseHeaders().trim().split(/\r?\n/);
  return new Headers(
    lines.filter(Boolean).map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}
