// Spark's monitoring REST of one running application, and the logs of its containers.

import { get, getJson, HttpError } from './http';
import type { CachedRdd, Executor, Job, LogFile, Stage, Task } from './types';

const root = (app: string) => `/api/v1/applications/${encodeURIComponent(app)}`;

export const jobs = (app: string, abort?: AbortSignal) =>
  getJson<Job[]>(`${root(app)}/jobs`, abort);
export const stages = (app: string, abort?: AbortSignal) =>
  getJson<Stage[]>(`${root(app)}/stages`, abort);
export const executors = (app: string, abort?: AbortSignal) =>
  getJson<Executor[]>(`${root(app)}/executors`, abort);
export const cachedRdds = (app: string, abort?: AbortSignal) =>
  getJson<CachedRdd[]>(`${root(app)}/storage/rdd`, abort);

export async function stage(
  app: string,
  id: number,
  attempt: number,
  abort?: AbortSignal,
): Promise<Stage> {
  return getJson<Stage>(`${root(app)}/stages/${id}/${attempt}`, abort);
}

export async function tasks(
  app: string,
  id: number,
  attempt: number,
  length: number,
  abort?: AbortSignal,
): Promise<Task[]> {
  const query = `offset=0&length=${length}`;
  return getJson<Task[]>(`${root(app)}/stages/${id}/${attempt}/taskList?${query}`, abort);
}

const logs = (container: string) => `/heddle/v1/containers/${encodeURIComponent(container)}/logs`;

export const logUrl = (container: string, file: string) =>
  `${logs(container)}/${encodeURIComponent(file)}`;

export async function logFiles(container: string, abort?: AbortSignal): Promise<LogFile[]> {
  return (await getJson<{ files?: LogFile[] }>(logs(container), abort)).files ?? [];
}

/** Part of a log: its bytes, where they begin, and how large the file was. */
export interface LogPart {
  bytes: Uint8Array;
  offset: number;
  size: number;
}

export async function logPart(
  container: string,
  file: string,
  range: { size: number } | { offset: number; limit: number }, // a negative size: the tail
  abort?: AbortSignal,
): Promise<LogPart> {
  const query = new URLSearchParams(
    Object.entries(range).map(([key, value]) => [key, String(value)]),
  );
  const answer = await get(`${logUrl(container, file)}?${query}`, abort);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const asked = 'offset' in range ? range.offset : 0;
  const offset = header(answer, 'X-Log-Offset') ?? asked;
  return { bytes, offset, size: header(answer, 'X-Log-Size') ?? offset + bytes.length };
}

/** Hands on what is appended to a log from `offset` on, until the server ends the answer. */
export async function followLog(
  container: string,
  file: string,
  offset: number,
  take: (bytes: Uint8Array) => void,
  abort: AbortSignal,
): Promise<void> {
  const answer = await get(`${logUrl(container, file)}?offset=${offset}&follow=true`, abort);
  const reader = answer.body?.getReader();
  if (!reader) throw new HttpError(answer.status, 'The log cannot be followed');
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value.length > 0) take(value);
  }
}

function header(answer: Response, name: string): number | undefined {
  const text = answer.headers.get(name);
  const value = text === null ? NaN : Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
