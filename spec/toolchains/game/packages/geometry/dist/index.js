export const Side = { Left: 'left', Right: 'right' }
