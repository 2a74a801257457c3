/** The two 16-bit formats of weights. Both round to the nearest value, to the even one when two are as near. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of the bfloat16 nearest to a 32-bit float. NaN stays NaN. */
export function toBfloat16(value: number): number {
  float[0] = value;
  const all = bits[0] as number;
  if (Number.isNaN(value)) return (all >>> 16) | 0x40; // a payload in the low half alone would turn into infinity
  return ((all + 0x7fff + ((all >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The value of bfloat16 bits, exactly. */
export function fromBfloat16(half: number): number {
  bits[0] = half << 16;
  return float[0] as number;
}

/** Bits of the IEEE half-precision float nearest to a 32-bit float: infinity from 65,520 on. NaN stays NaN. */
export function toFloat16(value: number): number {
  float[0] = value;
  const all = bits[0] as number;
  const sign = (all >>> 16) & 0x8000;
  const exponent = (all >>> 23) & 0xff;
  const fraction = all & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent > 142) return sign | 0x7c00; // 2^16 and above
  if (exponent < 102) return sign; // less than half of the smallest, 2^-24
  const subnormal = exponent < 113;
  // 24 bits of significand, of which `dropped` do not fit
  const significand = subnormal ? fraction | 0x800000 : fraction;
  const dropped = subnormal ? 126 - exponent : 13;
  const kept = significand >>> dropped;
  const rest = significand & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  // a carry out of the fraction goes into the exponent, which is the next value indeed
  return sign | ((subnormal ? 0 : (exponent - 112) << 10) + kept + up);
}

/** The value of half-precision bits, exactly. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
