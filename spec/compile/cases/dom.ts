/** With lib.dom: what a page has at hand. */
import { field, NetworkObject, networkClass } from 'fieldcast'

@networkClass(10)
export class Player extends NetworkObject {
  // @ts-expect-error 1241 [on: "an EventTarget, such as a DOM node, cannot be sent. Send data."]
  @field(0)
  node(on: HTMLElement) {}

  // @ts-expect-error 1241 [on: "an EventTarget, such as a DOM node, cannot be sent. Send data."]
  @field(0)
  target(on: EventTarget | null) {}

  // @ts-expect-error 1241 [shown: ".in: an EventTarget, such as a DOM node, cannot be sent. Send data."]
  @field(0)
  nested(shown: { title: string; in: HTMLCanvasElement }) {}

  @field(0)
  fine(at: DOMRectInit, size: { width: number; height: number }) {}
}
