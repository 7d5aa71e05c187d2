import { nextTick, reactive, ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { ApiError, type Credentials, errorText } from './api'
import { localPath } from './local-path'

export type CredentialErrors = Partial<Record<keyof Credentials, string>>

interface AccountForm {
  send: (credentials: Credentials) => Promise<void>
  /** What the browser can already tell is wrong. */
  check: (credentials: Credentials) => CredentialErrors
  focusField: (field: keyof Credentials) => void
}

/** What signing in and signing up have in common: one form, errors beside fields, where to go next. */
export function useAccountForm({ send, check, focusField }: AccountForm) {
  const route = useRoute()
  const router = useRouter()
  const credentials = reactive<Credentials>({ username: '', password: '' })
  const fieldErrors = ref<CredentialErrors>({})
  const formError = ref('')
  const isPending = ref(false)

  function show(error: unknown): void {
    const beside: CredentialErrors = {}
    if (error instanceof ApiError) {
      beside.username = error.messageFor('username')
      beside.password = error.messageFor('password')
    }
    fieldErrors.value = beside
    if (!beside.username && !beside.password) formError.value = errorText(error)
  }

  async function focusFirstError(): Promise<void> {
    await nextTick()
    if (fieldErrors.value.username) focusField('username')
    else if (fieldErrors.value.password) focusField('password')
  }

  async function submit(): Promise<void> {
    formError.value = ''
    fieldErrors.value = check(credentials)
    if (Object.keys(fieldErrors.value).length > 0) return focusFirstError()

    isPending.value = true
    try {
      await send(credentials)
      await router.push(localPath(route.query.next))
    } catch (error) {
      show(error)
    } finally {
      isPending.value = false
    }
    await focusFirstError()
  }

  return { credentials, fieldErrors, formError, isPending, submit }
}
