/** What stores say where another server has the shard. */
import { StoreError } from '../base/errors.ts'
import type { Fence } from './store.ts'

/** A commit came under an epoch that is no longer the highest. @param held the one that is. */
export const overtaken = ({ shard, epoch }: Fence, held: number | bigint): StoreError =>
  new StoreError('fenced', `Another server has claimed '${shard}' (epoch ${held}, ours was ${epoch}).`)

/** A claim came too late. */
export const claimedAlready = ({ shard, epoch }: Fence, held: number | bigint | undefined): StoreError =>
  new StoreError('fenced', `Epoch ${held} of '${shard}' has been claimed; ${epoch} is not above it.`)
