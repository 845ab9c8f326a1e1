// The messages of one direction of a connection to a bus, as far as it takes to know which call is made and which one is answered.

interface Message {
  serial: number;
  member: string | undefined;
  /** The serial of the call that it answers. */
  answers: number | undefined;
}

const member = 3;
const replySerial = 5;

export class Messages {
  #rest = Buffer.alloc(0);
  #isGreeting = true;
  readonly #lastLine: string;

  /** Before the messages there are lines of text; `lastLine` is what the last one begins with. */
  constructor(lastLine: string) {
    this.#lastLine = lastLine;
  }

  /** Those that are whole with these bytes. */
  of(bytes: Uint8Array): Message[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Message[] = [];
    for (;;) {
      if (this.#isGreeting) {
        const end = this.#rest.indexOf("\r\n");
        if (end === -1) return messages;
        const line = this.#rest.subarray(0, end).toString("latin1").replaceAll("\0", "");
        this.#rest = this.#rest.subarray(end + 2);
        this.#isGreeting = !line.startsWith(this.#lastLine);
        continue;
      }
      if (this.#rest.length < 16) return messages;
      const fieldsEnd = 16 + this.#rest.readUInt32LE(12);
      const end = aligned(fieldsEnd, 8) + this.#rest.readUInt32LE(4);
      if (this.#rest.length < end) return messages;
      messages.push(read(this.#rest.subarray(0, fieldsEnd)));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** All fields of a header are strings, object paths, signatures or numbers of four bytes. */
function read(header: Buffer): Message {
  const message: Message = { serial: header.readUInt32LE(8), member: undefined, answers: undefined };
  for (let at = 16; at < header.length;) {
    const code = header.readUInt8(at);
    const type = String.fromCodePoint(header.readUInt8(at + 2));
    at += 4;
    if (type === "u") {
      if (code === replySerial) message.answers = header.readUInt32LE(at);
      at = aligned(at + 4, 8);
    } else if (type === "g") {
      at = aligned(at + 1 + header.readUInt8(at) + 1, 8);
    } else {
      const length = header.readUInt32LE(at);
      if (code === member) message.member = header.subarray(at + 4, at + 4 + length).toString("latin1");
      at = aligned(at + 4 + length + 1, 8);
    }
  }
  return message;
}

function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}
