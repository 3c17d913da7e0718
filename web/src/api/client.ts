// The one way to the server: typed by its own OpenAPI document, with the session's CSRF token and one shape of error.
import createClient, { type Middleware } from 'openapi-fetch'
import type { Readable } from 'openapi-typescript-helpers'
import type { components, paths } from './schema'

export type Problem = components['schemas']['Problem']

/** What went wrong, as the server said it (RFC 9457); status 0 when no answer came at all. */
export class Wrong extends Error {
  readonly status: number
  readonly problem: Partial<Problem>
  readonly waitSeconds: number

  constructor(status: number, problem: Partial<Problem>, waitSeconds = 0) {
    super(problem.detail ?? problem.title ?? String(status))
    this.status = status
    this.problem = problem
    this.waitSeconds = waitSeconds
  }
}

let csrf = ''
let lost: () => void = () => undefined

export function rememberCsrf(token: string): void {
  csrf = token
}

/** Called when the server no longer knows who asks. */
export function onLost(then: () => void): void {
  lost = then
}

/** What a refused act needs: a code of the second factor that is set up, or one to be set up first. */
export type Needs = 'factor' | 'enrolment'

let stepUp: (needs: Needs) => Promise<boolean> = () => Promise.resolve(false)

/** Called when an act asks for a second factor given lately; true when it was given, and the act is sent once more. */
export function onStepUp(then: (needs: Needs) => Promise<boolean>): void {
  stepUp = then
}

async function needsOf(response: Response): Promise<Needs | null> {
  if (response.status !== 403) return null
  const said = (await response.clone().json().catch(() => null)) as Partial<Problem> | null
  return said?.code === 'step_up' ? (said.needs as Needs) : null
}

/** Sends, asks for the second factor where the act needs it, and sends the same once more. */
async function stepped(send: () => Promise<Response>): Promise<Response> {
  const first = await send()
  const needs = await needsOf(first)
  return needs !== null && (await stepUp(needs)) ? send() : first
}

export function csrfHeader(): Record<string, string> {
  return csrf ? { 'X-CSRF-Token': csrf } : {}
}

/** How far the server's clock is ahead of this one, milliseconds; a control room's PC may be minutes off. */
let skew = 0
const SKEW_NOTED_MS = 2000

export function serverNow(): number {
  return Date.now() + skew
}

const guarded: Middleware = {
  onResponse({ response }) {
    const found = Date.parse(response.headers.get('Date') ?? '') - Date.now()
    if (Number.isFinite(found)) skew = Math.abs(found) < SKEW_NOTED_MS ? 0 : found
  },
}

/** Sends a request, and the same once more where the session rotated under it or a second factor had to be given first. */
async function sendAgain(request: Request): Promise<Response> {
  const safe = request.method === 'GET'
  const body = safe ? null : await request.arrayBuffer()
  const before = csrf
  const send = (): Promise<Response> => {
    const headers = new Headers(request.headers)
    if (!safe && csrf) headers.set('X-CSRF-Token', csrf)
    const { method, credentials, signal } = request
    return fetch(request.url, { method, headers, credentials, signal, body: body?.byteLength ? body : null })
  }
  return stepped(async () => {
    const answer = await send()
    // a session that rotated meanwhile did not end: what was on its way goes once more with the new token
    return answer.status === 401 && before !== '' && csrf !== '' && csrf !== before ? send() : answer
  })
}

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin', fetch: sendAgain })
api.use(guarded)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/**
 * Returns the answer's data, or throws `Wrong`. The kind is named by the caller and checked against the path's own:
 * openapi-fetch's `Readable` forgets that a place is a pair, and naming it here brings that back.
 */
export async function ask<T>(asked: Promise<Answer<Readable<T>>>): Promise<T> {
  let answer: Answer<Readable<T>>
  try {
    answer = await asked
  } catch {
    throw new Wrong(0, {})
  }
  if (answer.response.ok) return answer.data as T
  throw wrongOf(answer.response, answer.error)
}

const PAGE = 200

/** Every page of a list, one after the other, as far as `next` leads. */
export async function allOf<T>(asked: (query: { limit: number; cursor?: string }) => Promise<{ items: T[]; next: string | null }>): Promise<T[]> {
  const found: T[] = []
  let cursor: string | null = null
  do {
    const got: { items: T[]; next: string | null } = await asked(cursor === null ? { limit: PAGE } : { limit: PAGE, cursor })
    found.push(...got.items)
    cursor = got.next
  } while (cursor !== null)
  return found
}

/** Sends a form with a file, which openapi-fetch does not type; throws `Wrong` as `ask` does. */
export async function sendForm<T>(path: string, form: FormData): Promise<T> {
  const posted = async (): Promise<Answer<Readable<T>>> => {
    const response = await stepped(() => fetch(path, { method: 'POST', headers: csrfHeader(), body: form }))
    const said: unknown = await response.json()
    return response.ok ? { data: said as Readable<T>, response } : { error: said, response }
  }
  return ask<T>(posted())
}

/** Sends a question that is answered with a file, which openapi-fetch would read as words; throws `Wrong` as `ask` does. */
export async function sendForFile(path: string, body: unknown = null): Promise<Blob> {
  const kind: Record<string, string> = body === null ? {} : { 'Content-Type': 'application/json' }
  const sent = body === null ? null : JSON.stringify(body)
  return fileOf(() => fetch(path, { method: 'POST', headers: { ...csrfHeader(), ...kind }, body: sent }))
}

/** Reads a file, with what the question must say in its headers; throws `Wrong` as `ask` does. */
export function fetchFile(path: string, headers: Record<string, string> = {}): Promise<Blob> {
  return fileOf(() => fetch(path, { headers, cache: 'no-store' }))
}

async function fileOf(send: () => Promise<Response>): Promise<Blob> {
  let response: Response
  try {
    response = await stepped(send)
  } catch {
    throw new Wrong(0, {})
  }
  if (response.ok) return response.blob()
  throw wrongOf(response, await response.json().catch(() => null))
}

function wrongOf(response: Response, body: unknown): Wrong {
  const problem = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {}
  const wait = Number(response.headers.get('Retry-After') ?? 0)
  if (response.status === 401 && problem.field === 'session') lost()
  return new Wrong(response.status, problem, Number.isFinite(wait) ? wait : 0)
}

export interface Delivered {
  /** 0 when no answer came: the server may have it all the same. */
  status: number
  waitSeconds: number
  body: unknown
}

/** Sends what the phone's queue holds and says what came; it never throws. `open`: without the session, as anybody. */
export async function deliver(path: string, body: FormData | string, key: string, open: boolean, signal: AbortSignal): Promise<Delivered> {
  const post = (): Promise<Response> => {
    const headers: Record<string, string> = open ? {} : csrfHeader()
    // a form's bytes are others each time (its boundary): the key would refuse what is sent again, its draft does not
    if (typeof body === 'string') Object.assign(headers, { 'Idempotency-Key': key, 'Content-Type': 'application/json' })
    return fetch(path, { method: 'POST', headers, body, signal, credentials: open ? 'omit' : 'same-origin' })
  }
  try {
    const before = csrf
    let response = await stepped(post)
    if (!open && response.status === 401 && csrf !== '' && csrf !== before) response = await post()
    const said: unknown = await response.json().catch(() => null)
    const wait = Number(response.headers.get('Retry-After') ?? 0)
    return { status: response.status, waitSeconds: Number.isFinite(wait) ? wait : 0, body: said }
  } catch {
    return { status: 0, waitSeconds: 0, body: null }
  }
}

/** Reads what anybody may, without the session; throws `Wrong` as `ask` does. */
export async function readOpen<T>(path: string, method: 'GET' | 'POST' = 'GET'): Promise<T> {
  const got = async (): Promise<Answer<Readable<T>>> => {
    const response = await fetch(path, { method, credentials: 'omit', cache: 'no-store' })
    const said: unknown = await response.json().catch(() => null)
    return response.ok ? { data: said as Readable<T>, response } : { error: said, response }
  }
  return ask<T>(got())
}
