// Tables of numbers as show/report/footage.py packs them: rows of 16-bit integers with a scale for each column.

export function unpacked({ columns, scale, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const integers = new Int16Array(bytes.buffer);
  const rows = [];
  for (let start = 0; start < integers.length; start += columns)
    rows.push(Float32Array.from(scale, (s, i) => integers[start + i] * s));
  return rows;
}
