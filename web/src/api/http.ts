// Reads JSON from the server that served the page. The session is a cookie; when it is missing or
// has ended, every answer is 401 and `signedOut` turns the whole page into the sign-in screen.

import { signal } from '@preact/signals';

export const signedOut = signal(false);

export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The answer to a GET. Throws HttpError; status 0 means that no server answered. */
export async function get(path: string, abort?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json, text/plain' },
      ...(abort ? { signal: abort } : {}),
    });
  } catch (error) {
    if (abort?.aborted) throw error;
    throw new HttpError(0, 'The resource manager does not answer');
  }
  if (answer.status === 401) signedOut.value = true;
  if (!answer.ok) throw new HttpError(answer.status, await describe(answer));
  return answer;
}

export async function getJson<T>(path: string, abort?: AbortSignal): Promise<T> {
  const answer = await get(path, abort);
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (abort?.aborted) throw error;
    throw new HttpError(answer.status, `The answer to ${path} is not JSON`);
  }
}

async function describe(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => '');
  try {
    const body = JSON.parse(text) as { RemoteException?: { message?: string }; message?: string };
    const message = body.RemoteException?.message ?? body.message;
    if (message) return message;
  } catch {
    // Plain text is said as it is.
  }
  return text.trim().slice(0, 500) || `The server answered ${answer.status}`;
}
