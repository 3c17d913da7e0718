// Where the documentation of each page of the desk stands; the words are help.<page> of web/src/words.
export const DOCS: Record<string, string> = {
  alarms: 'desk',
  sites: 'sites',
  reviews: 'desk',
  report: 'reports',
  waiting: 'desk',
  filings: 'filings',
  strikes: 'strike',
  government: 'government',
  cameras: 'cameras',
  patrols: 'patrols',
  figures: 'eyes',
  models: 'eyes',
  rulebook: 'supervision',
  questions: 'eyes',
  templates: 'documents',
  indoor: 'indoor',
  hall: 'experts',
  commissions: 'experts',
  capabilities: 'capabilities',
  experts: 'experts',
  expert: 'experts',
  networks: 'gis',
  people: 'sign-in',
  audit: 'audit',
  roster: 'duties',
  finance: 'rewards',
  operation: 'operation',
  wallet: 'wallet',
  insight: 'insight',
  policies: 'supervision',
  admin: 'operator',
}

/** Pages that have keys of their own and list them when ? is pressed. */
export const KEYED: readonly string[] = ['alarms', 'reviews', 'waiting']

export function docsOf(page: string): string {
  return `docs/${DOCS[page] ?? 'desk'}.md`
}
