// The shape of @xterm/headless behind its typings, as far as terminal.ts reads or replaces it (version 6.0.0). Types only.
import type { Attributes, Line, NullCell } from './cells.ts';

type Params = { params: Int32Array | number[]; length: number };
export type Handler = (params: Params) => boolean;

export type Buffer = {
  readonly lines: { readonly length: number; get: (y: number) => Line | undefined; set: (y: number, line: Line) => void };
  readonly getNullCell: (attributes: Attributes) => NullCell;
  x: number;
  y: number;
  ybase: number;
  scrollTop: number;
  scrollBottom: number;
  savedX: number;
  savedY: number;
  tabs: Record<number, boolean | undefined>;
  _memoryCleanupQueue: { readonly clear: () => void; readonly enqueue: (task: () => boolean) => void };
};

type Identifier = { prefix?: string; intermediates?: string; final: string };

/** What we use of the library beyond its typings. */
export type Core = {
  readonly _inputHandler: {
    parse: (text: string) => void;
    print: (data: Uint32Array, start: number, end: number) => void;
    readonly _parser: {
      precedingJoinState: number;
      registerCsiHandler: (id: Identifier, handler: Handler) => void;
      registerEscHandler: (id: Identifier, handler: () => boolean) => void;
      registerOscHandler: (id: number, handler: StringHandler) => void;
      clearOscHandler: (id: number) => void;
      clearDcsHandler: (id: Identifier) => void;
      setOscHandlerFallback: (handler: () => void) => void;
      setDcsHandlerFallback: (handler: () => void) => void;
    };
    _curAttrData: Attributes;
    setModePrivate: Handler;
    resetModePrivate: Handler;
    charAttributes: Handler;
    eraseInDisplay: Handler;
    eraseInLine: Handler;
    _eraseAttrData: () => Attributes;
    insertChars: Handler;
    cursorUp: Handler;
    cursorDown: Handler;
    cursorForward: Handler;
    cursorBackward: Handler;
    cursorNextLine: Handler;
    cursorPrecedingLine: Handler;
    cursorCharAbsolute: Handler;
    charPosAbsolute: Handler;
    hPositionRelative: Handler;
    vPositionRelative: Handler;
  };
  readonly _bufferService: {
    readonly cols: number;
    readonly rows: number;
    readonly buffers: { readonly normal: Buffer; readonly alt: Buffer; readonly active: Buffer };
    scroll: (fill: Attributes, wrapped?: boolean) => void;
    resize: (cols: number, rows: number) => void;
  };
  readonly _charsetService: {
    glevel: number;
    charset: unknown;
    setgLevel: (level: number) => void;
    setgCharset: (level: number, charset: unknown) => void;
    reset: () => void;
  };
  readonly coreService: {
    isCursorHidden: boolean;
    readonly modes: { insertMode: boolean };
    readonly decPrivateModes: {
      applicationCursorKeys: boolean;
      applicationKeypad: boolean;
      bracketedPasteMode: boolean;
      cursorBlink: boolean | undefined;
      cursorStyle: 'block' | 'underline' | 'bar' | undefined;
      origin: boolean;
      reverseWraparound: boolean;
      sendFocus: boolean;
      synchronizedOutput: boolean;
      wraparound: boolean;
    };
  };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly unicodeService: {
    readonly _providers: Record<string, Provider | undefined>;
    activeVersion: string;
    register: (provider: Provider & { readonly version: string }) => void;
  };
  readonly optionsService: { readonly options: { convertEol: boolean; cursorBlink: boolean } };
};

export type Provider = { charProperties: (code: number, preceding: number) => number; wcwidth: (code: number) => 0 | 1 | 2 };
export type StringHandler = {
  start: () => void;
  put: (data: Uint32Array, start: number, end: number) => void;
  end: (success: boolean) => boolean;
};
