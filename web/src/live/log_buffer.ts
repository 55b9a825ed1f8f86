// The part of a log that the page holds. Bytes, not characters, are counted, because the server's
// offsets are bytes; they are cut at line ends, so a character or a line is never torn.

export interface Block {
  key: number;
  offset: number; // of its first byte in the file
  size: number;
  text: string;
}

const kBlock = 16 * 1024; // a block grows to about this, then the next begins
const kLine = 256 * 1024; // a line longer than this is shown in pieces
const kHeld = 4 * 1024 * 1024; // more than this is dropped at the top while following
const kNewline = 10;

export class LogBuffer {
  blocks: Block[] = [];
  #leading: Uint8Array = new Uint8Array(); // before the first line end: a torn line, not shown
  #open: Uint8Array = new Uint8Array(); // after the last line end
  #key = 0;

  end: number; // offset after the last byte held

  /** Begins with `bytes`, which start at `first` in the file. */
  constructor(
    public first: number,
    bytes: Uint8Array,
  ) {
    // The first line of a tail is torn: it waits for what comes before it.
    const cut = first > 0 ? bytes.indexOf(kNewline) + 1 : 0;
    this.#leading = bytes.slice(0, cut);
    this.end = first + cut;
    this.append(bytes.subarray(cut));
  }

  get openLine(): string {
    return shown(this.#open);
  }

  append(bytes: Uint8Array): void {
    this.end += bytes.length;
    this.#open = joined(this.#open, bytes);
    const cut = this.#open.length > kLine ? this.#open.length : this.#open.lastIndexOf(kNewline) + 1;
    if (cut === 0) return;
    const offset = this.end - this.#open.length;
    this.#addLines(this.#open.subarray(0, cut), offset);
    this.#open = this.#open.slice(cut);
  }

  /** Adds the bytes that end where this buffer begins. */
  prepend(bytes: Uint8Array): void {
    this.first -= bytes.length;
    const all = joined(bytes, this.#leading);
    const cut = this.first > 0 ? all.indexOf(kNewline) + 1 : 0;
    if (this.first > 0 && cut === 0) {
      this.#leading = all;
      return;
    }
    this.#leading = all.slice(0, cut);
    const after = this.blocks;
    this.blocks = [];
    for (let at = cut; at < all.length; ) {
      const stop = all.indexOf(kNewline, Math.min(all.length - 1, at + kBlock)) + 1 || all.length;
      this.blocks.push(this.#block(all.subarray(at, stop), this.first + at));
      at = stop;
    }
    this.blocks.push(...after);
  }

  /** Drops the oldest blocks beyond what a page should hold. They can be loaded again. */
  trim(): void {
    const from = this.blocks.findIndex((block) => block.offset >= this.end - kHeld);
    if (from <= 0) return;
    this.blocks = this.blocks.slice(from);
    this.first = this.blocks[0]!.offset;
    this.#leading = new Uint8Array();
  }

  #addLines(bytes: Uint8Array, offset: number): void {
    const last = this.blocks.at(-1);
    if (!last || last.size + bytes.length > kBlock) {
      this.blocks = [...this.blocks, this.#block(bytes, offset)];
      return;
    }
    const grown = { ...last, size: last.size + bytes.length, text: last.text + shown(bytes) };
    this.blocks = [...this.blocks.slice(0, -1), grown];
  }

  #block(bytes: Uint8Array, offset: number): Block {
    return { key: this.#key++, offset, size: bytes.length, text: shown(bytes) };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b.slice();
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

const decoder = new TextDecoder(); // replaces what is no UTF-8
const kEscapes = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
const kControls = /[\x00-\x08\x0b-\x1f\x7f]/g;

function shown(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  const plain = text.replace(kEscapes, '');
  return (plain.includes('\r') ? written(plain) : plain).replace(kControls, '');
}

/** What a terminal would show at last of lines that were written over with carriage returns. */
function written(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n');
}
