import { ref, watch } from 'vue'

export const VIEWS = ['grid', 'table'] as const

export type RecordView = (typeof VIEWS)[number]

const STORAGE_KEY = 'records-view'

function storedView(): RecordView {
  try {
    return VIEWS.find((view) => view === localStorage.getItem(STORAGE_KEY)) ?? 'grid'
  } catch {
    // Storage may be forbidden altogether; the choice then lasts as long as the page.
    return 'grid'
  }
}

/** How records are listed, remembered on this device. */
export const recordView = ref<RecordView>(storedView())

watch(recordView, (view) => {
  try {
    localStorage.setItem(STORAGE_KEY, view)
  } catch {
    // See storedView.
  }
})
