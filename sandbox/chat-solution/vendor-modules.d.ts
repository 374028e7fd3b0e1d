// What the sandbox and its tests use of packages that carry no types.
declare module "socket.io-2" {
  interface Socket {
    readonly id: string;
    readonly conn: { close(discard?: boolean): unknown };
    emit(name: string, ...values: unknown[]): unknown;
    on(name: "disconnect", listener: () => void): unknown;
    use(taker: (packet: unknown[], next: () => void) => void): unknown;
    disconnect(close: boolean): unknown;
  }

  interface Server {
    readonly eio: { readonly clientsCount: number };
    use(middleware: (socket: Socket, next: (error?: Error) => void) => void): void;
    on(name: "connection", listener: (socket: Socket) => void): void;
    attach(
      server: import("node:http").Server,
      options: {
        path: string;
        cookie: false;
        transports?: string[];
        pingInterval?: number;
        pingTimeout?: number;
      },
    ): void;
    close(done: () => void): void;
  }

  const createServer: (options: { serveClient: boolean }) => Server;
  export default createServer;
}

declare module "socket.io-client-2" {
  type IoSocket = import("../../adapters/socket-io/dial-socket.ts").IoSocket;

  interface Client extends IoSocket {
    close(): unknown;
  }

  const io: (url: string, options?: Record<string, unknown>) => Client;
  export default io;
}

declare module "pdfkit" {
  class PDFDocument {
    constructor(options: { compress?: boolean; size?: string; margin?: number; info?: Record<string, string> });
    fontSize(points: number): this;
    text(text: string): this;
    moveDown(lines?: number): this;
    file(bytes: Uint8Array, options: { name: string; type?: string; description?: string }): unknown;
    on(name: "data", listener: (chunk: Uint8Array) => void): this;
    on(name: "end", listener: () => void): this;
    on(name: "error", listener: (error: Error) => void): this;
    end(): void;
  }
  export default PDFDocument;
}
