/** A login to try things out with: two accounts, which are always the same two. `createServer({ login: dummyLogin, store })`. A game has `accounts(store)` instead. */
import { type Account, Reject } from 'fieldcast/server'

const accounts = new Map<string, Account>([
  ['login password', { id: 12345, avatar: '000000000000000000003039' }],
  ['login2 password2', { id: 23456, avatar: '000000000000000000005ba0' }],
])

export function dummyLogin(credentials: { name?: string; password?: string } | null): Account {
  const account = accounts.get(`${credentials?.name} ${credentials?.password}`)
  if (!account) throw new Reject('unknown name or password')
  return account
}
