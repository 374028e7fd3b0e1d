// The packages of xmpp.js carry no types. DefinitelyTyped's declare a global JSX namespace, which would clash with a
// page's React or Lit, and lack the members that a transport needs; so what this adapter touches is declared here.

declare module "@xmpp/xml" {
  import type { XmlElement } from "./xml.ts";

  export class Parser {
    write(data: string): void;
    end(data?: string): void;
    on(event: string, listener: (...args: never[]) => void): void;
    emit(event: string, ...args: unknown[]): boolean;
    onStartElement(name: string, attrs: Record<string, string>): void;
    onEndElement(name: string): void;
    onText(text: string): void;
  }
  export const Element: new (name: string, attrs?: Record<string, string>) => XmlElement;
  export default function xml(
    name: string,
    attrs: Record<string, string>,
    ...children: (XmlElement | string)[]
  ): XmlElement;
}
