/** What is changed in the answer of a server that others reach by an address which it does not know itself. */

/** The answer with one address more: `address`, at the port of its first. Without any it stays as it is. */
export function announce(answer: string, address: string): string {
  return answer.replace(
    /^a=candidate:\S+ (\d+) (\S+) (\d+) \S+ (\d+) typ host\b.*$/m,
    (line, component: string, protocol: string, priority: string, port: string) =>
      `${line.trimEnd()}\r\na=candidate:public ${component} ${protocol} ${Number(priority) - 1} ${address} ${port} typ host`,
  )
}
