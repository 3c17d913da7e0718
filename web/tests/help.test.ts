import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DOCS, docsOf, KEYED } from '../src/rules/help.ts'

type Words = { help: Record<string, Record<string, string>> }
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const routes = read('../src/desk/routes.ts')
const PAGES = [...routes.slice(routes.indexOf('PAGES: DeskPage[]')).matchAll(/^ {2}{ name: '([\w-]+)', path:/gm)].map((one) => one[1] as string)

test('every page of the desk has its help in both languages', () => {
  assert.ok(PAGES.length > 20, `only ${PAGES.length} pages were read from routes.ts`)
  for (const language of ['zh', 'en']) {
    const { help } = JSON.parse(read(`../src/words/desk.${language}.json`)) as Words
    for (const page of PAGES) {
      for (const part of ['what', 'a', 'b', 'c']) assert.ok(help[page]?.[part], `${language}: help.${page}.${part} is missing`)
    }
  }
})

test('every page of the desk names its documentation, which is there', () => {
  for (const page of [...PAGES, ...Object.keys(DOCS)]) {
    assert.ok(page in DOCS, `${page} names none`)
    assert.ok(existsSync(new URL(`../../${docsOf(page)}`, import.meta.url)), docsOf(page))
  }
  assert.equal(docsOf('unheard of'), 'docs/desk.md')
  for (const page of KEYED) assert.ok(PAGES.includes(page))
})
