/** The samples of a film: a light selection for the chart, and all of them where the film is played. */

import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'

import { errorText } from './api'
import { coursesOf, facesAt, smoothedCourse, type Course, type FilmFace } from './film-faces'
import { AGAIN_MS, FilmWindows } from './film-windows'
import { getSamples, type SampleColumns } from './live-api'
import { TIME_CONSTANTS, type Smoothing } from './smoothing'
import type { Span } from './timeline-view'
import { useAbortSignal } from './use-abort-signal'
import { isCancelled } from './use-form'

/** A chart cannot show more of one face. */
const SAMPLES_OF_A_FACE = 1500
/** The server gives no more at once. */
const MOST_SAMPLES = 20_000
/** While somebody zooms and pans, the server is asked only after a pause. */
const PAUSE_MS = 250

interface FilmSamplesOptions {
  record: string
  clock: { time: number }
  /** What the chart shows. */
  span: Readonly<Ref<Span>>
  smoothing: Readonly<Ref<Smoothing>>
  trackCount: Readonly<Ref<number>>
}

export function useFilmSamples(options: FilmSamplesOptions) {
  const { record, clock, span, smoothing, trackCount } = options
  const signal = useAbortSignal()

  function fetchSamples(
    most: number,
    start: number,
    end: number,
    smoothness: Smoothing,
  ): Promise<SampleColumns> {
    return getSamples(record, { most, start, end, smoothing: smoothness }, signal)
  }

  /** For the chart, by face; smooth already, since what is thinned out can no longer be smoothed. */
  const courses = shallowRef<Course[]>([])
  const isThinned = ref(false)
  const isLoading = ref(true)
  const error = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function load(): Promise<void> {
    clearTimeout(timer)
    asked += 1
    const number = asked
    const { from, to } = span.value
    const margin = (to - from) * 0.05
    const most = Math.min(MOST_SAMPLES, SAMPLES_OF_A_FACE * Math.max(1, trackCount.value))
    isLoading.value = true
    error.value = ''
    try {
      const samples = await fetchSamples(most, from - margin, to + margin, smoothing.value)
      if (number !== asked) return
      courses.value = coursesOf(samples)
      isThinned.value = samples.thinned
    } catch (problem) {
      if (number === asked && !isCancelled(problem)) error.value = errorText(problem)
    } finally {
      if (number === asked) isLoading.value = false
    }
  }

  function loadSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(load, PAUSE_MS)
  }

  /** Grows when a stretch of samples has come; what reads them is worked out anew. */
  const generation = ref(0)
  let again: ReturnType<typeof setTimeout> | undefined

  /** One that did not come is wanted again, also where the film stands still. */
  function onWindow(): void {
    generation.value += 1
    clearTimeout(again)
    again = setTimeout(() => windows.want(clock.time), AGAIN_MS)
  }

  const windows = new FilmWindows(
    // As they are stored: what is smooth is chosen while looking.
    (start, end) => fetchSamples(MOST_SAMPLES, start, end, 'none'),
    onWindow,
  )
  const smoothed = new WeakMap<Course[], Map<Smoothing, Course[]>>()

  function smoothedWindow(window: Course[]): Course[] {
    const known = smoothed.get(window) ?? new Map<Smoothing, Course[]>()
    smoothed.set(window, known)
    if (!known.has(smoothing.value)) {
      const constant = TIME_CONSTANTS[smoothing.value]
      known.set(
        smoothing.value,
        window.map((course) => smoothedCourse(course, constant)),
      )
    }
    return known.get(smoothing.value)!
  }

  /** Null where they are not loaded yet. */
  function facesOf(time: number): FilmFace[] | null {
    void generation.value
    const window = windows.around(time)
    return window === null ? null : facesAt(smoothedWindow(window), time)
  }

  /** The samples are others now. */
  function reload(): void {
    windows.clear()
    windows.want(clock.time)
    void load()
  }

  watch(
    () => Math.floor(clock.time),
    () => windows.want(clock.time),
    { immediate: true },
  )
  watch(span, loadSoon)
  watch(smoothing, load)
  onBeforeUnmount(() => {
    clearTimeout(timer)
    clearTimeout(again)
  })
  void load()

  return { courses, isThinned, isLoading, error, load, facesOf, reload }
}
