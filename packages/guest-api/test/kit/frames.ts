// WebSocket frames (RFC 6455, 5.2) as a client sends and sees them.
export interface Frame {
  opcode: number;
  payload: Buffer;
}

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** With the mask that a client has to use. */
export function masked(opcode: number, payload: Uint8Array): string {
  const mask = Buffer.from([1, 2, 3, 4]);
  const hidden = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, hidden]).toString("latin1");
}

/** The whole frames at the beginning of `bytes`. Throws for one in fragments. */
export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const first = bytes.readUInt8(at);
    if ((first & 0xf0) !== 0x80) throw new Error(`A frame begins with ${first.toString(16)}`);
    const short = bytes.readUInt8(at + 1);
    const start = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    if (start > bytes.length) break;
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    if (start + length > bytes.length) break;
    frames.push({ opcode: first & 0x0f, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}

export const handshake =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

export function upgradeRequest(more = "", target = "/1.0/events"): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${handshake}${more}\r\n`;
}
