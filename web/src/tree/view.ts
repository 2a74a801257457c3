/** How the plane of the tree is shown: a point p lies at p · scale + (x, y) of the window. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const SCALES = { least: 0.02, most: 2, comfortable: 1 } as const;
const MARGIN = 24;
/** The controls at the lower edge take this much of the window. */
const FOOT = 40;

/** Shows the whole box, no larger than life, in the middle of what the controls leave free. */
export function fitted(box: Size & { readonly left: number; readonly top: number }, window: Size): View {
  const height = window.height - FOOT;
  const scale = clamp(
    Math.min(
      (window.width - 2 * MARGIN) / Math.max(1, box.width),
      (height - 2 * MARGIN) / Math.max(1, box.height),
      SCALES.comfortable,
    ),
  );
  return {
    scale,
    x: Math.max(MARGIN, (window.width - box.width * scale) / 2) - box.left * scale,
    y: (height - box.height * scale) / 2 - box.top * scale,
  };
}

/** Zooms by a factor while the point under (x, y) of the window stays where it is. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = clamp(view.scale * factor);
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** Moves the plane by so many pixels. */
export function moved(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** The least move that brings a box of the plane into the window. */
export function revealed(
  view: View,
  box: Size & { readonly x: number; readonly y: number },
  window: Size,
): View {
  const left = box.x * view.scale + view.x;
  const top = (box.y - box.height / 2) * view.scale + view.y;
  const right = left + box.width * view.scale;
  const bottom = top + box.height * view.scale;
  const shift = (low: number, high: number, length: number) =>
    low < MARGIN ? MARGIN - low : high > length - MARGIN ? length - MARGIN - high : 0;
  return moved(view, shift(left, right, window.width), shift(top, bottom, window.height - FOOT));
}

function clamp(scale: number): number {
  return Math.min(SCALES.most, Math.max(SCALES.least, scale));
}
