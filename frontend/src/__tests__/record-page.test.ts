import { flushPromises, mount } from '@vue/test-utils'
import {
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  type MockInstance,
  vi,
} from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import * as api from '../api'
import { ApiError, type Job, type RecordDetail } from '../api'
// Loaded when it is shown; here beforehand, so that no test waits for it.
import '../components/film/FilmProgress.vue'
import * as filmApi from '../film-api'
import RecordPage from '../pages/RecordPage.vue'
import { startSession } from '../session'
import { aJob, aRecord, CONFIG } from './fixtures'

const DOWN = new ApiError(500, 'down', 'Down.')
const GONE = new ApiError(404, 'not_found', 'Not found.')
const FAILED = aRecord({ state: 'failed', faces: [], face_count: null })

const nothing = { render: () => null }
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/records', name: 'records', component: nothing },
    { path: '/records/:id', name: 'record', component: nothing },
    { path: '/upload', name: 'upload', component: nothing },
  ],
})
let main: HTMLElement
let getRecord: MockInstance<typeof api.getRecord>
let getJob: MockInstance<typeof api.getJob>

beforeAll(async () => {
  vi.spyOn(api, 'getSession').mockResolvedValue(null)
  vi.spyOn(api, 'getConfig').mockResolvedValue(CONFIG)
  await startSession()
})

beforeEach(async () => {
  main = document.body.appendChild(document.createElement('main'))
  // What else the page asks for gets no answer.
  vi.stubGlobal('fetch', () => new Promise(() => {}))
  getRecord = vi.spyOn(api, 'getRecord')
  getJob = vi.spyOn(api, 'getJob')
  await router.push('/records/record-1')
})

afterEach(() => main.remove())

async function mountPage() {
  const wrapper = mount(RecordPage, {
    attachTo: main,
    props: { id: 'record-1' },
    global: { plugins: [router] },
  })
  await flushPromises()
  const button = (text: string) =>
    wrapper.findAll('button').find((one) => one.text() === text) ?? expect.fail(`No ${text}.`)
  /** As a person does, who has the focus on it then. */
  const press = async (text: string) => {
    button(text).element.focus()
    await button(text).trigger('click')
  }
  return { wrapper, press }
}

/** Held back until it is called. */
function later<T>(): {
  promise: Promise<T>
  answer: (value: T) => void
  refuse: (e: unknown) => void
} {
  let answer!: (value: T) => void
  let refuse!: (problem: unknown) => void
  const promise = new Promise<T>((resolve, reject) => ([answer, refuse] = [resolve, reject]))
  return { promise, answer, refuse }
}

function focused(): string {
  const { activeElement } = document
  return `${activeElement?.tagName.toLowerCase()}: ${activeElement?.textContent}`
}

describe('RecordPage', () => {
  it('moves the focus from heading to heading where a record is loaded again', async () => {
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(null)
    const [second, third] = [later<RecordDetail>(), later<RecordDetail>()]
    getRecord
      .mockRejectedValueOnce(DOWN)
      .mockReturnValueOnce(second.promise)
      .mockReturnValueOnce(third.promise)
    const { press } = await mountPage()
    await press('Try again')
    await flushPromises()
    expect(focused()).toBe('h1: Loading the record')
    second.refuse(DOWN)
    await flushPromises()
    expect(focused()).toBe('h1: The record could not be loaded')
    await press('Try again')
    await flushPromises()
    third.answer(aRecord())
    await flushPromises()
    expect(focused()).toBe('h1: Picnic')
  })

  it('moves the focus to the heading where a recognition is tried again', async () => {
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'failed' }))
    vi.spyOn(api, 'retryJob').mockResolvedValue(aJob())
    const ended = later<Job>()
    getJob.mockReturnValue(ended.promise)
    getRecord.mockResolvedValueOnce(FAILED).mockResolvedValue(aRecord())
    const { wrapper, press } = await mountPage()
    await press('Try again')
    await flushPromises()
    expect(wrapper.find('[role=progressbar]').exists()).toBe(true)
    expect(focused()).toBe('h1: Picnic')
    ended.answer(aJob({ state: 'done', progress: 1 }))
    await vi.waitFor(() => expect(wrapper.find('[data-testid=face-card]').exists()).toBe(true))
    expect(focused()).toBe('h1: Picnic')
  })

  it('keeps the focus on a heading where trying again fails', async () => {
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'failed' }))
    const retried = later<Job>()
    vi.spyOn(api, 'retryJob').mockReturnValue(retried.promise)
    getRecord.mockResolvedValue(FAILED)
    const { press } = await mountPage()
    await press('Try again')
    await flushPromises()
    expect(focused()).toBe('h1: Picnic')
    retried.refuse(DOWN)
    await flushPromises()
    expect(focused()).toBe('h1: The record could not be loaded')
  })

  it('leaves the focus be where it is elsewhere by then', async () => {
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'failed' }))
    const retried = later<Job>()
    vi.spyOn(api, 'retryJob').mockReturnValue(retried.promise)
    getRecord.mockResolvedValue(FAILED)
    const { press } = await mountPage()
    await press('Try again')
    await flushPromises()
    const other = document.body.appendChild(document.createElement('button'))
    other.focus()
    retried.refuse(DOWN)
    await flushPromises()
    expect(document.activeElement).toBe(other)
    other.remove()
  })

  it('leads from a film that is dropped to the next upload, though the film is gone by then', async () => {
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ kind: 'film', state: 'running' }))
    getRecord.mockResolvedValueOnce(aRecord({ kind: 'video', state: 'running', faces: [] }))
    const cancelled = later<Job>()
    vi.spyOn(filmApi, 'cancelJob').mockReturnValue(cancelled.promise)
    const { wrapper } = await mountPage()
    await vi.waitFor(() => expect(wrapper.find('[data-cancel]').exists()).toBe(true))
    await wrapper.get('[data-cancel]').trigger('click')
    await wrapper.get('.button--danger').trigger('click')
    getRecord.mockRejectedValue(GONE)
    getJob.mockRejectedValue(GONE)
    await vi.waitFor(() => expect(wrapper.get('h1').text()).toBe('Record not found'))
    cancelled.answer(aJob({ state: 'cancelled' }))
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/upload'))
  })
})
