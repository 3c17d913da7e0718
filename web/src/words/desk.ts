// What the desk alone says: the phone carries the rest along without a line, and every kilobyte of it is waited for.
import en from './desk.en.json'
import zh from './desk.zh.json'
import { words } from '.'

words.global.mergeLocaleMessage('zh', zh)
words.global.mergeLocaleMessage('en', en)
