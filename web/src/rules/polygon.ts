// A corridor drawn by clicks: corners as parts of the picture, 0 to 1, as the API takes them.
export type Corner = [x: number, y: number]
export type RingProblem = 'few' | 'many' | 'crosses' | 'small'

const FEWEST = 3
const MOST = 200
const LEAST_AREA = 0.001

/** The corner below a pointer; outside of the picture it is its edge. */
export function cornerAt(x: number, y: number, box: { left: number; top: number; width: number; height: number }): Corner {
  const part = (at: number, from: number, size: number): number => Math.max(0, Math.min(1, (at - from) / size))
  const fine = (value: number): number => Math.round(value * 10_000) / 10_000
  return [fine(part(x, box.left, box.width)), fine(part(y, box.top, box.height))]
}

export function area(ring: Corner[]): number {
  const twice = ring.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = ring[(at + 1) % ring.length] as Corner
    return sum + x * nextY - nextX * y
  }, 0)
  return Math.abs(twice) / 2
}

function side([ax, ay]: Corner, [bx, by]: Corner, [cx, cy]: Corner): number {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
}

function within([ax, ay]: Corner, [bx, by]: Corner, [cx, cy]: Corner): boolean {
  return Math.min(ax, bx) <= cx && cx <= Math.max(ax, bx) && Math.min(ay, by) <= cy && cy <= Math.max(ay, by)
}

/** Whether two sides, a to b and c to d, meet. */
export function meet(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [one, two, three, four] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)]
  if (one !== two && three !== four) return true
  return (
    (one === 0 && within(a, b, c)) || (two === 0 && within(a, b, d)) ||
    (three === 0 && within(c, d, a)) || (four === 0 && within(c, d, b))
  )
}

/** Whether two sides that are no neighbours meet. */
export function crosses(ring: Corner[]): boolean {
  const n = ring.length
  const at = (index: number): Corner => ring[index % n] as Corner
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue
      if (meet(at(i), at(i + 1), at(j), at(j + 1))) return true
    }
  }
  return false
}

/** Why the server would refuse the ring; null when it would not. */
export function ringProblem(ring: Corner[]): RingProblem | null {
  if (ring.length < FEWEST) return 'few'
  if (ring.length > MOST) return 'many'
  if (crosses(ring)) return 'crosses'
  return area(ring) < LEAST_AREA ? 'small' : null
}
