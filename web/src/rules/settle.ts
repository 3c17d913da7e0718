// A list's answer is as old as its question: what was heard since then must outlive it.

/**
 * Returns what is known once a list has answered.
 *
 * @param known what is here now
 * @param items what the list said
 * @param newer whether an id was put or dropped after the question
 * @param keep whether an id that the list did not name stays all the same (it was not asked about)
 */
export function settled<T extends { id: string }>(
  known: Map<string, T>,
  items: T[],
  newer: (id: string) => boolean,
  keep: (id: string) => boolean,
): Map<string, T> {
  const kept = [...known].filter(([id]) => newer(id) || keep(id))
  return new Map([...kept, ...items.filter((one) => !newer(one.id)).map((one): [string, T] => [one.id, one])])
}
