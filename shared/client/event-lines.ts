/** One event of a stream; `id` is undefined where the stream has given none yet. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

const MOST_CHARS = 4_194_304;
const LINE = /\r\n|\n|\r/;

/** Reads `text/event-stream` (HTML standard, 9.2.6) as it comes: comments, several lines of data and any end of line. */
export class EventLines {
  /** What the server asks to wait before coming back, in ms. */
  retryMs: number | undefined;
  #rest = '';
  #id: string | undefined;
  #data: string[] = [];

  /** The events that are whole with this text. @throws Error for a line that does not end. */
  take(text: string): readonly StreamEvent[] {
    this.#rest += text;
    // A \r at the end may be half of a \r\n.
    const held = this.#rest.endsWith('\r') ? '\r' : '';
    const lines = this.#rest.slice(0, this.#rest.length - held.length).split(LINE);
    this.#rest = lines.pop()! + held;
    if (this.#rest.length > MOST_CHARS) throw new Error(`a line of events is longer than ${MOST_CHARS} characters`);
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): StreamEvent | undefined {
    if (this.#data.length === 0) return undefined;
    const data = this.#data.join('\n');
    this.#data = [];
    return { id: this.#id, data };
  }
}
