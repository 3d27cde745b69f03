/** Options of a server whose clients go for good when their connection is lost: for specs of what they leave behind. */
export const goesAtOnce = { limits: { resumeMs: 0 } } as const
