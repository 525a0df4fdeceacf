// The hello of an operator within the request for the WebSocket, so that the welcome comes with its answer and a round trip is saved (H7). Who
// does not know the header greets as ever, by the first message: a gateway says with the same header in its answer that it has read it.

/** Name of the HTTP header, in both directions. */
export const helloHeader = 'sallyport';
/** What the gateway answers in it. */
export const helloRead = 'read';

type Said = {
  readonly protocol: { readonly oldest: number; readonly newest: number };
  readonly program: string;
  readonly version: string;
};

/** `2-3 sallyport 0.1.0` */
export const helloLine = ({ protocol, program, version }: Said): string =>
  `${protocol.oldest}-${protocol.newest} ${program} ${version}`;

/** What the line says, in the shape of a hello and not yet fitted to its schema; undefined when it is none. */
export function readHelloLine(line: string): unknown {
  const [, oldest, newest, program, version] = /^(\d{1,7})-(\d{1,7}) ([!-~]{1,64}) ([!-~]{1,32})$/.exec(line) ?? [];
  if (oldest === undefined) return undefined;
  return { type: 'hello', protocol: { oldest: Number(oldest), newest: Number(newest) }, program, version };
}
