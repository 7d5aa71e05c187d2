/** What a person changes of a film's tracks and segments, and the figures that follow from it. */

import { nextTick, ref, watch, type Ref } from 'vue'

import { ApiError, type RecordDetail, type Track } from './api'
import {
  editTimeline,
  getSegments,
  importSegments,
  mergeTracks,
  unmergeTrack,
  type SegmentFigures,
  type TimelineChanges,
} from './film-api'
import { patiently } from './polling'
import { useAbortSignal } from './use-abort-signal'
import { useAction } from './use-action'

interface FilmChangesOptions {
  record: Readonly<Ref<RecordDetail>>
  /** Whether it is still being analysed: then there are no figures. */
  isUnfinished: Readonly<Ref<boolean>>
  /** Loads the record anew. */
  refresh: () => Promise<void>
  /** Loads its samples anew. */
  reload: () => void
}

export function useFilmChanges(options: FilmChangesOptions) {
  const { record, isUnfinished, refresh, reload } = options
  const signal = useAbortSignal()

  const figures = ref<SegmentFigures[]>([])
  const { error: figuresError, run: runFigures } = useAction()

  async function loadFigures(): Promise<void> {
    if (isUnfinished.value) return
    await runFigures(async () => (figures.value = await getSegments(record.value.id, signal)))
  }

  watch(isUnfinished, loadFigures, { immediate: true })

  let last: Promise<unknown> = Promise.resolve()

  /** One change after the other: each names the revision that the one before has made. */
  async function change(changes: TimelineChanges): Promise<void> {
    const turn = last.then(() => changeNow(changes))
    last = turn.catch(() => {})
    await turn
  }

  async function changeNow(changes: TimelineChanges): Promise<void> {
    await nextTick()
    try {
      await editTimeline(record.value.id, record.value.revision, changes)
    } catch (problem) {
      // Somebody else was faster: what is there now is shown, and the person may try again.
      if (problem instanceof ApiError && problem.code === 'edit_conflict') await refresh()
      throw problem
    }
    await showChanged()
  }

  /** The change is made: what fails from here on is only that it is not seen yet. */
  async function showChanged(): Promise<void> {
    await patiently(refresh, signal)
    void loadFigures()
  }

  async function changeTrack(
    track: number,
    changes: Partial<Pick<Track, 'name' | 'hidden'>>,
  ): Promise<void> {
    await change({ tracks: [{ track, ...changes }] })
  }

  async function merge(into: number, from: number[]): Promise<void> {
    await mergeTracks(record.value.id, into, from)
    await afterTracks()
  }

  async function unmerge(track: number): Promise<void> {
    await unmergeTrack(record.value.id, track)
    await afterTracks()
  }

  async function afterTracks(): Promise<void> {
    await showChanged()
    reload()
  }

  async function importSheet(sheet: File): Promise<void> {
    await importSegments(record.value.id, sheet)
    await showChanged()
  }

  return { figures, figuresError, loadFigures, change, changeTrack, merge, unmerge, importSheet }
}
