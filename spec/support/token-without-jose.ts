/** A program whose package `jose` is missing: it makes a login by token, and tries it. */
import { tokenLogin } from 'fieldcast/token'

const login = tokenLogin({ secret: 'a shared secret of 32 bytes, or more' })
await login('a token').catch(({ code, message }) => console.log(`the login: ${code}, ${message}`))
