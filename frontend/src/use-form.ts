import { nextTick, reactive, ref } from 'vue'

import { REAUTHENTICATION_DECLINED } from './account-api'
import { ApiError, errorText } from './api'
import { isDismissed } from './webauthn'

type Values<Field extends string> = Record<Field, string>
export type FieldErrors<Field extends string> = Partial<Record<Field, string>>

interface FormOptions<Field extends string> {
  initial: Values<Field>
  /** What the browser can already tell is wrong. */
  check?: (values: Values<Field>) => FieldErrors<Field>
  send: (values: Values<Field>) => Promise<void>
  /** What the server calls a field of ours, or the code of an error that belongs beside one. */
  beside?: Readonly<Record<string, Field>>
}

/** A form whose errors stand beside its fields; what belongs to none stands above them. */
export function useForm<Field extends string>({
  initial,
  check = () => ({}),
  send,
  beside = {},
}: FormOptions<Field>) {
  const values = reactive({ ...initial }) as Values<Field>
  const errors = ref<FieldErrors<Field>>({})
  const formError = ref('')
  const isPending = ref(false)

  function fieldOf(name: string): Field | undefined {
    return name in initial ? (name as Field) : beside[name]
  }

  function show(error: unknown): void {
    const found: FieldErrors<Field> = {}
    if (error instanceof ApiError) {
      const parts = error.errors.length > 0 ? error.errors : [error]
      for (const part of parts) {
        const name = 'field' in part && part.field ? part.field : ''
        const field = fieldOf(name) ?? beside[part.code]
        if (field) found[field] ??= part.message
      }
    }
    errors.value = found
    if (Object.keys(found).length === 0) formError.value = errorText(error)
  }

  /** To be called with the form's submit event: its first wrong field gets the focus. */
  async function submit(event?: Event): Promise<void> {
    const form = event?.currentTarget
    formError.value = ''
    errors.value = check(values)
    if (Object.keys(errors.value).length === 0) {
      isPending.value = true
      try {
        await send(values)
      } catch (error) {
        if (!isCancelled(error)) show(error)
      } finally {
        isPending.value = false
      }
    }
    await nextTick()
    if (form instanceof HTMLElement) {
      form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    }
  }

  function reset(): void {
    Object.assign(values, initial)
    errors.value = {}
    formError.value = ''
  }

  return { values, errors, formError, isPending, submit, reset }
}

/** The person thought better of it; there is nothing to tell them. */
export function isCancelled(error: unknown): boolean {
  return (
    isDismissed(error) || (error instanceof ApiError && error.code === REAUTHENTICATION_DECLINED)
  )
}
