// Which descriptors of this process a new program would get. Node opens its own with close-on-exec; node-pty opens both ends of a terminal without,
// which lets them cross an upgrade of the agent (D6) and must be undone in every child.
import { readdirSync, readFileSync } from 'node:fs';

/** Open descriptors above 2 that lack close-on-exec. */
export function inheritable(): number[] {
  const closeOnExec = 0o2000000;
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((fd) => {
      if (fd <= 2) return false;
      try {
        const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
        return (Number.parseInt(flags, 8) & closeOnExec) === 0;
      } catch {
        return false; // Closed since the folder was read: it was the folder itself.
      }
    });
}

/** `first` as 0, 1 and 2 of a child, and `nothing` (a descriptor of /dev/null) over everything of ours that it would get. */
export function covered<T>(first: readonly T[], nothing: number): (T | 'ignore' | number)[] {
  const stdio: (T | number)[] = [...first];
  for (const fd of inheritable()) stdio[fd] = nothing;
  return Array.from(stdio, (entry) => entry ?? 'ignore');
}
