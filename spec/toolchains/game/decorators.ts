export { field as remote, networkClass } from 'fieldcast'
