/**
 * Networks by name. Round trips and bandwidths are those that others publish and measure; how they part into latency, jitter, loss and breaks is ours, within
 * what the sources say. `latency` is one way, so two of them and on average one jitter make a round trip.
 */
import type { Conditions } from './one-way.ts'

/** The conditions of both directions, what differs in one, and how often a connection breaks. */
export interface Profile extends Conditions {
  readonly up?: Conditions
  readonly down?: Conditions
  readonly disconnectsPerMinute?: number
}

export type ProfileName = 'lan' | 'broadband' | 'wifi' | 'bad-wifi' | '4g' | '3g' | 'satellite' | 'train'

/** Bytes per second of so many megabits. */
const mbps = (megabits: number): number => megabits * 125_000

/** The networks that `conditioner({ profile })`, `World` and the samples know by name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  /** Gigabit Ethernet in one house: well below a millisecond. */
  lan: { latency: 0.2, jitter: 0.2, bandwidth: mbps(1000) },

  /** Cable at home, by wire. WebPageTest, connection "Cable": 28 ms round trip, 5/1 Mbit/s, today often ten times that. Loss below what the FCC counts as the best class (0.4 %). */
  broadband: {
    latency: 13,
    jitter: 2,
    loss: 0.001,
    burst: 2,
    down: { bandwidth: mbps(50) },
    up: { bandwidth: mbps(10) },
  },

  /** Cable and good Wi-Fi. Huitema, "The weird case of the wifi latency spikes" (2023): median 4 ms for the hop, 8 ms at 95 %, 50 ms at 99 %, 0.12 % lost. */
  wifi: {
    latency: 15,
    jitter: 8,
    loss: 0.002,
    burst: 3,
    reorder: 0.005,
    down: { bandwidth: mbps(40) },
    up: { bandwidth: mbps(10) },
  },

  /** Wi-Fi in a crowd or two walls away. Pei et al., "WiFi can be the weakest link of round trip network latency in the wild" (INFOCOM 2016): the hop takes over 20 ms for half of the packets, over 100 ms for a tenth. */
  'bad-wifi': {
    latency: 30,
    jitter: 70,
    loss: 0.03,
    burst: 4,
    reorder: 0.02,
    duplicates: 0.002,
    disconnectsPerMinute: 0.1,
    down: { bandwidth: mbps(5) },
    up: { bandwidth: mbps(1.5) },
  },

  /** LTE on a phone that stands still. WebPageTest, connection "LTE": 70 ms, 12 Mbit/s; Codavel, "Real-world latency and packet loss": 0.2 to 0.5 %. */
  '4g': {
    latency: 27,
    jitter: 16,
    loss: 0.005,
    burst: 3,
    reorder: 0.005,
    down: { bandwidth: mbps(12) },
    up: { bandwidth: mbps(6) },
  },

  /** UMTS. WebPageTest, connection "3G": 300 ms, 1.6 Mbit/s down and 768 kbit/s up; Loadero, mode "3G": 50 ms of jitter. */
  '3g': {
    latency: 125,
    jitter: 50,
    loss: 0.01,
    burst: 3,
    reorder: 0.005,
    down: { bandwidth: mbps(1.6) },
    up: { bandwidth: mbps(0.768) },
  },

  /** A geostationary satellite. Huston, "Using LEOs and GEOs" (APNIC 2022): the path alone takes 477 to 568 ms, around 600 ms with all else. */
  satellite: {
    latency: 290,
    jitter: 20,
    loss: 0.005,
    burst: 5,
    down: { bandwidth: mbps(20) },
    up: { bandwidth: mbps(3) },
  },

  /** LTE at 300 km/h. Wang et al., "An Active-Passive Measurement Study of TCP Performance over LTE on High-speed Rails" (MobiCom 2019), and those before: far higher and more varying round trips, long bursts of loss at each change of cell, and connections that break. The figures are ours. */
  train: {
    latency: 50,
    jitter: 100,
    loss: 0.03,
    burst: 12,
    reorder: 0.02,
    disconnectsPerMinute: 0.5,
    down: { bandwidth: mbps(4) },
    up: { bandwidth: mbps(1) },
  },
}
