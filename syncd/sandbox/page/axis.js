// Rows or columns along one direction: where each begins, and which one lies at a pixel.

export class Axis {
  constructor(count, size, sizes, hidden) {
    this.count = count;
    this.size = size;
    this.sizes = new Map(Object.entries(sizes).map(([index, pixels]) => [Number(index), pixels]));
    this.fitted = new Map(); // heights that follow from the contents
    this.hidden = new Uint8Array(count);
    for (const [start, end] of hidden) this.hidden.fill(1, start, end);
    this.measure();
  }

  measure() {
    this.starts = new Float64Array(this.count + 1);
    for (let i = 0; i < this.count; i++) this.starts[i + 1] = this.starts[i] + this.pixels(i);
  }

  pixels(index) {
    if (this.hidden[index]) return 0;
    return this.sizes.get(index) ?? this.fitted.get(index) ?? this.size;
  }

  start(index) { return this.starts[Math.max(0, Math.min(index, this.count))]; }
  end(index) { return this.starts[Math.max(0, Math.min(index + 1, this.count))]; }
  get total() { return this.starts[this.count]; }

  // The one that a pixel lies in, the last one beyond the end.
  at(pixel) {
    let low = 0, high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= pixel) low = middle;
      else high = middle - 1;
    }
    while (low > 0 && this.hidden[low]) low--;
    return this.hidden[low] ? this.step(low, 1) : low;
  }

  // The next shown one in a direction; the same one where there is none.
  step(index, by) {
    const way = Math.sign(by);
    let found = index;
    for (let left = Math.abs(by); left > 0; left--) {
      let next = found + way;
      while (next >= 0 && next < this.count && this.hidden[next]) next += way;
      if (next < 0 || next >= this.count) break;
      found = next;
    }
    return found;
  }

  get first() { return this.hidden[0] ? this.step(0, 1) : 0; }
  get last() { return this.hidden[this.count - 1] ? this.step(this.count - 1, -1) : this.count - 1; }

  shown(start, end) {
    const found = [];
    for (let i = Math.max(0, start); i < Math.min(end, this.count); i++) if (!this.hidden[i]) found.push(i);
    return found;
  }
}

export function letters(index) {
  let text = "";
  for (let n = index + 1; n > 0; n = Math.floor((n - 1) / 26)) text = String.fromCharCode(65 + (n - 1) % 26) + text;
  return text;
}

// Where a cell is after rows or columns moved; null when it was deleted.
export function landed(move, place) {
  if (move.sheetId !== place.sheetId) return place;
  if (move.landed) {
    const [top, bottom, left, right] = move.area;
    const inside = place.row >= top && place.row < bottom && place.column >= left && place.column < right;
    return inside ? { ...place, row: move.landed[place.row - top] } : place;
  }
  const name = move.rows ? "row" : "column", index = point(move, place[name]);
  return index === null ? null : { ...place, [name]: index };
}

function point(move, index) {
  if (move.by !== undefined) {
    if (index < move.at) return index;
    return move.by < 0 && index < move.at - move.by ? null : index + move.by;
  }
  const { start, end, to } = move;
  if (index >= start && index < end) return index + (to > start ? to - end : to - start);
  if (index >= end && index < to) return index - (end - start);
  if (index >= to && index < start) return index + (end - start);
  return index;
}
