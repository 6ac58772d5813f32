import { connect, type Socket } from 'node:net';

/** What a server answered on a raw socket. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One answer out of the bytes so far; undefined while it is not whole. Interim answers (1xx) are skipped. */
function parse(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (status < 200) return parse(text.slice(end + 4));
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = text.slice(end + 4);
  return body.length >= Number(headers['content-length'] ?? 0) ? { status, headers, body } : undefined;
}

/** A TCP connection on which HTTP is spoken by hand: headers, chunks and pauses that fetch cannot make. */
export class RawConnection {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  /** @param localAddress that it comes from; any of loopback. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk: string) => {
      this.text += chunk;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(...lines: readonly string[]): this {
    this.socket.write(lines.join('\r\n'));
    return this;
  }

  /** The next answer; what it was made of is taken away. @throws Error when the connection ends first. */
  async answer(timeoutMs = 10_000): Promise<RawAnswer> {
    await this.until(() => parse(this.text) !== undefined || this.isClosed, timeoutMs);
    const answer = parse(this.text);
    if (!answer) throw new Error(`the connection ended after ${JSON.stringify(this.text.slice(0, 200))}`);
    this.text = '';
    return answer;
  }

  async until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!condition()) {
      if (performance.now() > endMs)
        throw new Error(`still waiting after ${timeoutMs} ms; received ${JSON.stringify(this.text.slice(0, 200))}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
