/** `fieldcast/messages`: typed messages beside the objects, or without any. docs/messages.md. */

export { type MessageClassOptions, message } from '../decorators/message.ts'
export { type Address, formatAddress, type Place, parseAddress } from './messages/address.ts'
export type { ClientMessages } from './messages/client-messages.ts'
export type { ConnectionType } from './messages/connection-type.ts'
export type { AskOptions, ClientTalk } from './messages/contract.ts'
export { defineMessage } from './messages/define.ts'
export {
  type ArrivalOf,
  type MessageClass,
  type MessageConditions,
  type MessageLike,
  type MessageOptions,
  MessageType,
  type ReplyOf,
  type ValueOf,
} from './messages/definition.ts'
export {
  type BusClient,
  type BusData,
  type BusEvent,
  type BusServer,
  EventBus,
  type EventBusOptions,
  eventBus,
  type GivenBus,
} from './messages/event-bus.ts'
export type { MessageEvents } from './messages/events.ts'
export type { CatchAll, Handler } from './messages/hub.ts'
export type { BytesPass, Middleware, Passing } from './messages/middleware.ts'
export type { MessagesOptions } from './messages/options.ts'
export {
  Parameter,
  type ParameterKey,
  type ParameterOptions,
  type ParameterPlan,
  type Setter,
  type SharedParameters,
} from './messages/parameters.ts'
export { MessagePlan, messages } from './messages/plan.ts'
export { type MessageKey, MessageRegistry, type Registered } from './messages/registry.ts'
export type { Destination, ServerMessages } from './messages/server-messages.ts'
export {
  type SettingKey,
  type SettingLayer,
  type Settings,
  type SettingValues,
  settings,
} from './messages/settings.ts'
export type { ByteStream, StreamHandler } from './messages/streams/byte-stream.ts'
export { type Awaitable, type Ending, type WaitOptions, whenClosed, whenConnected } from './messages/waiting.ts'
