// What a browser says of itself, in two words: enough to know one's own telephone from a stranger's desk.
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger\//, 'WeChat'], [/wxwork\//, 'WeCom'], [/DingTalk/, 'DingTalk'], [/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari'], [/curl\//, 'curl'],
]
const SYSTEMS: [RegExp, string][] = [
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS'], [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** Returns browser and system, as far as they are known; null when nothing is. */
export function deviceOf(agent: string): string | null {
  const found = [BROWSERS, SYSTEMS].map((known) => known.find(([pattern]) => pattern.test(agent))?.[1]).filter((one) => one !== undefined)
  return found.length === 0 ? null : found.join(', ')
}
