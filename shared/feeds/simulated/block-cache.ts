/** Computed blocks by key; the least recently used ones are dropped above `maxBytes`, and made again when asked for. */
interface BlockCache<Block> {
  get(key: number): Block;
}

/**
 * A bounded cache over a pure function: whether a block is kept or made again is never seen in its content.
 * @param maxBytes bound on the sum of `bytesOf` over the kept blocks; one block is always kept
 */
export function blockCache<Block>(maxBytes: number, bytesOf: (block: Block) => number, make: (key: number) => Block): BlockCache<Block> {
  const kept = new Map<number, Block>();
  let newest: number | null = null;
  let bytes = 0;

  const touch = (key: number, block: Block): Block => {
    kept.set(key, block);
    newest = key;
    return block;
  };
  const evict = (): void => {
    for (const [key, block] of kept) {
      if (bytes <= maxBytes || key === newest) return;
      kept.delete(key);
      bytes -= bytesOf(block);
    }
  };
  return {
    get: (key) => {
      const known = kept.get(key);
      if (known === undefined) {
        const made = touch(key, make(key));
        bytes += bytesOf(made);
        evict();
        return made;
      }
      if (key === newest) return known;
      kept.delete(key);
      return touch(key, known);
    },
  };
}
