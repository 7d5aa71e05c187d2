/** Short lists that are remembered on this device, under a name of their own. */

/** Empty where storage is forbidden altogether, or what is in it is not ours. */
export function storedList<T>(key: string): T[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '[]') as T[]
  } catch {
    return []
  }
}

/** Where storage is forbidden the list lasts as long as whoever holds it. */
export function storeList(key: string, list: readonly unknown[]): void {
  try {
    if (list.length === 0) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(list))
  } catch {
    // See above.
  }
}
