/** Every entry point, for the check of its declarations. */

export * as main from 'fieldcast'
export * as client from 'fieldcast/client'
export * as query from 'fieldcast/query'
export * as register from 'fieldcast/register'
export * as server from 'fieldcast/server'
export * as testing from 'fieldcast/testing'
export * as token from 'fieldcast/token'
export * as memory from 'fieldcast/transports/memory'
export * as websocket from 'fieldcast/transports/websocket'
export * as vite from 'fieldcast/vite'
