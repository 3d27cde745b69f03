/** `fieldcast`: what the shared file of a game imports. Nothing here belongs to one side. */
export { type FieldDecorator, field } from '../decorators/field.ts'
export { type MessageClassOptions, message } from '../decorators/message.ts'
export { networkClass } from '../decorators/network-class.ts'
export { type StructOptions, struct } from '../decorators/struct.ts'
export {
  ArgumentError,
  ConnectionFailed,
  Disconnected,
  type ErrorCode,
  FieldcastError,
  MalformedError,
  Reject,
  Rejected,
  SchemaError,
  SchemaMismatch,
  TimedOut,
  UsageError,
} from './base/errors.ts'
export { amend } from './schema/amendment.ts'
export type { ClassOptions, FieldOptions } from './schema/declaration.ts'
export { Flags } from './schema/flags.ts'
export { type Caller, type ClientRef, NetworkObject } from './schema/network-object.ts'
export { Registry } from './schema/registry.ts'
export type { ClassSchema, FieldSchema, Shape } from './schema/shape.ts'
export * as wire from './schema/wire.ts'
export {
  bool,
  bytes,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  list,
  quantized,
  str,
  uint8,
  uint16,
  uint32,
  uint64,
  varint,
  type WireType,
} from './schema/wire.ts'
