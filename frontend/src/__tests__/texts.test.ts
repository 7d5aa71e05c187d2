/** Every visible text is in the locale files, in every language, and nothing there is left over. */

import { parse } from 'vue/compiler-sfc'
import { describe, expect, it, vi } from 'vitest'

import { LANGUAGES, i18n, setLanguage, t } from '../i18n'

/** Files whose texts still stand in their templates; the list may only become shorter. */
const NOT_YET_CONVERTED: readonly string[] = []

/** Attributes, and props of our components, that a person reads or hears. */
const VISIBLE_ATTRIBUTES = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'confirm-label',
  'hint',
  'label',
  'placeholder',
  'text',
  'title',
])
const LETTER = /\p{L}/u
/** Texts of a template that are no words of a language. */
const NOT_WORDS = new Set(['API'])

interface Texts {
  [key: string]: string | Texts
}

/** What the compiler gives for a template, as far as it is read here. */
interface Node {
  type: number
  tag?: string
  content?: string | Node
  props?: (Node & { name: string; value?: { content: string }; arg?: { content?: string } })[]
  exp?: { content?: string }
  children?: Node[]
  branches?: Node[]
  loc: { start: { line: number } }
}

const TEXT = 2
const INTERPOLATION = 5
const ATTRIBUTE = 6
const DIRECTIVE = 7

const locales = import.meta.glob<Texts>('../locales/*/*.json', { eager: true, import: 'default' })
const components = import.meta.glob<string>('../{App,components/**/*,pages/**/*}.vue', {
  eager: true,
  query: '?raw',
  import: 'default',
})
const modules = import.meta.glob<string>(['../*.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
})
const sources = Object.entries({ ...components, ...modules })

function flatten(texts: Texts, path: string): [string, string][] {
  return Object.entries(texts).flatMap(([name, text]) =>
    typeof text === 'string' ? [[`${path}.${name}`, text]] : flatten(text, `${path}.${name}`),
  )
}

function textsIn(language: string): Map<string, string> {
  return new Map(
    Object.entries(locales)
      .filter(([path]) => path.startsWith(`../locales/${language}/`))
      .flatMap(([path, texts]) => flatten(texts, path.slice(path.lastIndexOf('/') + 1, -5))),
  )
}

const english = textsIn('en')

/** The names of what is filled in, in order; those of plural forms once. */
function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort()
}

/** The texts in quotes inside an expression, without keys of ours and what they are compared to. */
function wordsIn(expression: string): string[] {
  const withoutCalls = expression
    .replace(/\b(?:t|word)\(\s*(['`]).*?\1/gs, 't(')
    .replace(/[!=]==? *'[^']*'/g, '')
  return [...withoutCalls.matchAll(/(['"`])((?:(?!\1).)*)\1/gs)]
    .map(([, , words]) => words!.replace(/\$\{[^}]*\}/g, ''))
    .filter((words) => LETTER.test(words))
}

function visibleTexts(node: Node): string[] {
  const found: string[] = []
  const at = (text: string) => `line ${node.loc.start.line}: ${text.trim()}`
  // What a program reads is the same in any language.
  if (node.tag === 'code') return found
  if (node.type === TEXT && typeof node.content === 'string') {
    const text = node.content.trim()
    if (LETTER.test(text) && !NOT_WORDS.has(text)) found.push(at(text))
  }
  if (node.type === INTERPOLATION && typeof node.content === 'object') {
    found.push(...wordsIn(String(node.content.content ?? '')).map(at))
  }
  for (const prop of node.props ?? []) {
    if (prop.type === ATTRIBUTE && VISIBLE_ATTRIBUTES.has(prop.name)) {
      if (LETTER.test(prop.value?.content ?? '')) found.push(at(prop.value!.content))
    }
    const isBound = prop.type === DIRECTIVE && prop.name === 'bind'
    if (isBound && VISIBLE_ATTRIBUTES.has(prop.arg?.content ?? '')) {
      found.push(...wordsIn(prop.exp?.content ?? '').map(at))
    }
  }
  return found.concat((node.children ?? []).flatMap(visibleTexts))
}

function untranslated(source: string): string[] {
  const ast = parse(source).descriptor.template?.ast
  return ast ? visibleTexts(ast as unknown as Node) : []
}

describe.each(Object.keys(LANGUAGES).filter((language) => language !== 'en'))('%s', (language) => {
  const texts = textsIn(language)

  it('has the keys that English has, and no others', () => {
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it('fills in the same, in as many plural forms', () => {
    for (const [key, text] of texts) {
      const original = english.get(key) ?? ''
      expect(placeholders(text), key).toEqual(placeholders(original))
      expect(text.split(' | ').length, key).toBe(original.split(' | ').length)
    }
  })

  it('says something everywhere', () => {
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([])
  })
})

it('can compile every text', async () => {
  const warn = vi.spyOn(console, 'warn')
  const error = vi.spyOn(console, 'error')
  for (const language of ['zh-Hans', 'en'] as const) {
    await setLanguage(language, { remember: false })
    for (const key of textsIn(language).keys()) expect(t(key, 2), key).not.toBe(key)
  }
  expect(warn).not.toHaveBeenCalled()
  expect(error).not.toHaveBeenCalled()
})

describe('keys', () => {
  it('exist where they are used', () => {
    const patterns = [/\bt\(\s*'([^']+)'/g, /keypath="([^"]+)"/g, /title: '([^']+\.[^']+)'/g]
    const missing = sources.flatMap(([path, source]) =>
      patterns
        .flatMap((pattern) => [...source.matchAll(pattern)])
        .map(([, key]) => key!)
        .filter((key) => !i18n.global.te(key, 'en'))
        .map((key) => `${path}: ${key}`),
    )
    expect(missing).toEqual([])
  })

  it('are used where they exist', () => {
    const all = sources.map(([, source]) => source).join('\n')
    const isUsed = (key: string): boolean => {
      // What buttons say anywhere, whether or not one does just now.
      if (key.startsWith('common.actions.')) return true
      if (all.includes(key)) return true
      // Several at once: textsOf('a.b', …), t(`a.b.${name}`).
      const parts = key.split('.')
      return parts.some((_, index) => {
        const ancestor = parts.slice(0, index).join('.')
        return (
          ancestor !== '' &&
          (all.includes(`textsOf('${ancestor}'`) || all.includes(`\`${ancestor}.\${`))
        )
      })
    }
    expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([])
  })
})

describe('templates', () => {
  it.each(
    Object.entries(components).filter(([path]) => !NOT_YET_CONVERTED.includes(path.slice(3))),
  )('%s holds no text of its own', (_, source) => {
    expect(untranslated(source)).toEqual([])
  })

  it('are found out when they do', () => {
    const cases = [
      '<p>Hello</p>',
      '<p>{{ isNew ? "New" : "" }}</p>',
      '<p>{{ `${count} faces` }}</p>',
      '<img alt="A face" />',
      '<ul v-if="a"><li v-for="b in c"><input :placeholder="`Name of ${b}`" /></li></ul>',
      '<FormField label="Name" />',
      '<StateMessage><template #actions>你好</template></StateMessage>',
    ]
    for (const template of cases) {
      expect(untranslated(`<template>${template}</template>`), template).toHaveLength(1)
    }
  })

  it('may hold keys, numbers, emoji and names of things', () => {
    const template = `
      <p class="words">{{ t('home.title', { name: user.name }) }} 😀 80 %
        <i18n-t keypath="home.rest"><b>{{ name }}</b></i18n-t>
        <input type="text" :aria-label="t('home.name')" :data-state="isOpen ? 'open' : 'closed'" />
      </p>`
    expect(untranslated(`<template>${template}</template>`)).toEqual([])
  })

  it('are on the list of the unconverted only as long as they need to be', () => {
    const converted = NOT_YET_CONVERTED.filter(
      (name) => untranslated(components[`../${name}`] ?? '').length === 0,
    )
    expect(converted).toEqual([])
  })
})
