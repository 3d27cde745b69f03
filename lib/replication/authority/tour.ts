/** A walk over the objects of a zone that takes several turns, while others come and go. What it has passed, and what it has still to visit, are places among the zone's members. */
export class Tour {
  /** The first place that has not been visited. */
  next = 0
  /** The end of the part that is being visited. */
  stop = 0
  /** Who came after the walk began stands from here on. */
  end: number

  constructor(end: number) {
    this.end = end
  }

  get isOver(): boolean {
    return this.next >= this.end
  }

  /** Takes the next part, of so many places at most. */
  begin(places: number): void {
    this.stop = Math.min(this.next + places, this.end)
  }

  finish(): void {
    this.next = this.stop
  }

  /** Whether a place of its zone is still to be visited. */
  awaits(place: number): boolean {
    return place >= this.next && place < this.end
  }

  /** The places have closed up. @param places each one's new number. */
  move(places: Uint32Array): void {
    this.next = places[this.next]!
    this.stop = places[this.stop]!
    this.end = places[this.end]!
  }
}
