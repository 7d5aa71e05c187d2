/**
 * Before what matters most (second factors, addresses, passwords) the server wants to see once more
 * that it is the person. The request that it held back waits here until the dialog has seen to that.
 */

import { shallowRef } from 'vue'

import type { Flow } from './api'

interface Pending {
  flows: readonly Flow[]
  settle: (isConfirmed: boolean) => void
}

/** What the dialog is to be opened for, if anything. */
export const pendingReauthentication = shallowRef<Pending | null>(null)

let asking: Promise<boolean> | null = null

/** Asks the person; resolves to whether they went through with it. Several at once ask once. */
export function reauthenticate(flows: readonly Flow[]): Promise<boolean> {
  asking ??= new Promise<boolean>((resolve) => {
    pendingReauthentication.value = {
      flows,
      settle(isConfirmed) {
        pendingReauthentication.value = null
        asking = null
        resolve(isConfirmed)
      },
    }
  })
  return asking
}
