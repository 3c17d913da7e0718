// Which face somebody left for an identity provider: the provider leads back to one address, the desk's sign-in.
export type Face = 'desk' | 'phone'
const KEPT = 'pipewarden.face'

/** The part of `sessionStorage` that is needed. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function cameFrom(face: Face, shelf: Shelf = sessionStorage): void {
  shelf.setItem(KEPT, face)
}

/** The address on the phone that belongs to this return to the desk's sign-in, once; null for who left from the desk. */
export function phoneReturn(fullPath: string, outside: unknown, shelf: Shelf = sessionStorage): string | null {
  if (typeof outside !== 'string' || shelf.getItem(KEPT) !== 'phone') return null
  shelf.removeItem(KEPT)
  return `/m${fullPath}`
}

/** Where a phone reads what anybody may open by a link or a QR code, whose address is the desk's; null for a desk. */
export function phoneDoor(path: string, small: boolean): string | null {
  return small ? `/m${path}` : null
}
