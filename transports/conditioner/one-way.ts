/** What a network does to what is sent in one direction. */
export interface Conditions {
  /** One way, ms. @default 0 */
  readonly latency?: number
  /** Up to so many ms more, by chance. @default 0 */
  readonly jitter?: number
  /** The share of packets that are lost, 0 to 0.9. A frame in one of them comes a round trip later, a datagram not at all. @default 0 */
  readonly loss?: number
  /** How many packets in a row are lost on average (the model of Gilbert and Elliott). @default as many as chance alone makes */
  readonly burst?: number
  /** The share of packets, 0 to 1, that are held up, so that datagrams behind them overtake. Frames keep their order and wait. @default 0 */
  readonly reorder?: number
  /** The share of datagrams, 0 to 1, that the network doubles: they cost bandwidth twice, and arrive once unless `raw` is set. @default 0 */
  readonly duplicates?: number
  /** Bytes per second. Frames that wait for the line are counted in `buffered`. @default no limit */
  readonly bandwidth?: number
  /** Bytes of datagrams that may wait for the line; those that find no room are lost. @default 65,536 */
  readonly queue?: number
}
