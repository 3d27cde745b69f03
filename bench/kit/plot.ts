/** From a plot to the Vega-Lite specification that draws it. */
import type { Plot } from './table.ts'

// Both read well on white and on GitHub's dark page, which an SVG in an image cannot tell apart.
const ink = '#7d8590'
const faint = '#7d859040'
const colours = ['#d9822b', '#3fb950', '#a371f7', '#e5534b', '#39c5cf', '#c69026']

export function specification(plot: Plot): object {
  const series = [...new Set(plot.points.map(point => point.series))]
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: plot.title, anchor: 'start', color: ink, fontSize: 14, offset: 12 },
    background: 'transparent',
    width: 560,
    data: { values: plot.points.map(({ series, x, y }) => ({ series, at: x, value: y })) },
    config: {
      font: 'system-ui, -apple-system, Segoe UI, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: ink,
        titleColor: ink,
        gridColor: faint,
        domainColor: faint,
        tickColor: faint,
        labelFontSize: 11,
        titleFontSize: 12,
        labelLimit: 260,
      },
      legend: {
        labelColor: ink,
        titleColor: ink,
        labelFontSize: 11,
        orient: 'bottom',
        columns: 3,
        title: null,
        labelLimit: 260,
      },
    },
    ...(plot.kind === 'bars' ? bars(plot, series) : lines(plot, series)),
  }
}

// A scale of logarithms ends where its points do: rounded to whole powers it would be empty for the most part.
const scaleOf = (log: boolean | undefined, zero: boolean): object => (log ? { type: 'log', nice: false } : { zero })

/** Ours and the control look the same on every plot. */
const fixed: Readonly<Record<string, string>> = { fieldcast: '#2f81f7', bare: '#8b949e' }

function colourOf(series: readonly string[]): object {
  let next = 0
  const range = series.map(name => fixed[name] ?? colours[next++ % colours.length])
  const legend = series.length === 1 ? { legend: null } : {}
  return { field: 'series', type: 'nominal', sort: null, scale: { domain: series, range }, ...legend }
}

/** They lie: names of contestants are long. */
function bars({ x, y, logY, points }: Plot, series: readonly string[]): object {
  // Series that never meet in one place need no lane each.
  const meet = new Set(points.map(point => point.x)).size < points.length
  const axis = { grid: false, ticks: false, labelPadding: 6, labelLimit: 400 }
  const offset = meet ? { yOffset: { field: 'series', type: 'nominal', sort: null } } : {}
  return {
    height: { step: meet ? 14 : 24 },
    encoding: {
      y: { field: 'at', type: 'nominal', sort: null, title: x || null, axis },
      x: {
        field: 'value',
        type: 'quantitative',
        title: y,
        scale: logY ? { type: 'log' } : { zero: true },
        axis: { tickCount: 6 },
      },
      ...offset,
    },
    layer: [
      { mark: { type: 'bar', cornerRadiusEnd: 2 }, encoding: { color: colourOf(series) } },
      {
        mark: { type: 'text', align: 'left', dx: 4, color: ink, fontSize: 11 },
        encoding: { text: { field: 'value', type: 'quantitative', format: '.3~r' } },
      },
    ],
  }
}

function lines({ x, y, logX, logY, points }: Plot, series: readonly string[]): object {
  const places = [...new Set(points.map(point => point.x))]
  const ticks = logX && places.length <= 10 ? { values: places } : { tickCount: 8 }
  return {
    height: 300,
    mark: { type: 'line', point: { size: 40 }, strokeWidth: 2 },
    encoding: {
      x: { field: 'at', type: 'quantitative', title: x, scale: scaleOf(logX, false), axis: ticks },
      y: { field: 'value', type: 'quantitative', title: y, scale: scaleOf(logY, true), axis: { tickCount: 6 } },
      color: colourOf(series),
    },
  }
}
