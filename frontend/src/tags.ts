/** Words that a person files records under; upper and lower case make no difference. */

import type { Tag } from './records-api'

const SUGGESTED = 8

export function sameTag(one: string, other: string): boolean {
  return one.toLocaleLowerCase() === other.toLocaleLowerCase()
}

/** With those of `text`, in which commas part them; one that is there is not added again. */
export function mergedTags(tags: readonly string[], text: string): string[] {
  const merged = [...tags]
  for (const part of text.split(/[,，、]/)) {
    const tag = part.trim().replace(/\s+/g, ' ')
    if (tag !== '' && !merged.some((one) => sameTag(one, tag))) merged.push(tag)
  }
  return merged
}

/** Tags to go on with: those that start with `text` first, then those that hold it. */
export function suggestedTags(
  known: readonly Tag[],
  taken: readonly string[],
  text: string,
): Tag[] {
  const words = text.trim().toLocaleLowerCase()
  const rank = ({ name }: Tag) => (name.toLocaleLowerCase().startsWith(words) ? 0 : 1)
  return known
    .filter(({ name }) => name.toLocaleLowerCase().includes(words))
    .filter(({ name }) => !taken.some((one) => sameTag(one, name)))
    .toSorted((one, other) => rank(one) - rank(other) || other.records - one.records)
    .slice(0, SUGGESTED)
}
