// The phone speaks as the desk does; only where both look for it is kept apart.
export { exactly, useSay, type Say } from '@/desk/say'
export { useSending } from '@/desk/sending'
