// Chinese first; English is complete. The choice is kept for this browser.
import { createI18n } from 'vue-i18n'
import en from './en.json'
import zh from './zh.json'

export type Language = 'zh' | 'en'
const KEPT = 'pipewarden.language'

function kept(): Language {
  return localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh'
}

export const words = createI18n<[typeof zh], Language, false>({
  legacy: false,
  locale: kept(),
  fallbackLocale: 'zh',
  missingWarn: false,
  fallbackWarn: false,
  messages: { zh, en },
})

export function speak(language: Language): void {
  words.global.locale.value = language
  localStorage.setItem(KEPT, language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

speak(kept())
