import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Layout } from './layout.ts';
import type { Size, View } from './view.ts';
import { fitted, moved, revealed, zoomed } from './view.ts';

/** How a tree is looked at, and the ways to change it. Until somebody moves it, it shows the whole tree as that grows. */
export interface ViewControl {
  readonly view: View;
  readonly window: Size;
  readonly follows: boolean; // the whole tree, as it grows
  /** Whether the last press moved the plane, so that it was no click. */
  readonly dragged: () => boolean;
  zoom(factor: number): void;
  fit(): void;
  /** Moves as little as it takes to see a box; `covered` pixels at the right side of the window are hidden. */
  reveal(box: Size & { readonly x: number; readonly y: number }, covered?: number): void;
}

const STEP = 1.0015; // of the scale, per pixel of a wheel
/** A press that moves less than this is a click, pixels. */
const STILL = 4;

/** Follows pointers, wheel and size of the element that a tree is shown in. */
export function useView(place: RefObject<HTMLElement | null>, layout: Layout | undefined): ViewControl {
  const [own, setOwn] = useState<View>(); // undefined: the whole tree
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const shown = useRef<View>({ x: 0, y: 0, scale: 1 });
  const wasDragged = useRef(false);
  if (own) shown.current = own;
  else if (layout && size.width > 0) shown.current = fitted(layout, size);

  const change = useCallback((next: (view: View) => View) => {
    shown.current = next(shown.current);
    setOwn(shown.current);
  }, []);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    const release = followPointers(element, change, wasDragged);
    return () => {
      observer.disconnect();
      release();
    };
  }, [place, change]);

  return {
    view: shown.current,
    window: size,
    follows: own === undefined,
    dragged: () => wasDragged.current,
    zoom: (factor) => change((view) => zoomed(view, factor, size.width / 2, size.height / 2)),
    fit: () => setOwn(undefined),
    reveal: (box, covered = 0) =>
      change((view) => revealed(view, box, { ...size, width: size.width - covered })),
  };
}

/** Drags with one pointer, pinches with two, pans with the wheel and zooms with it when Ctrl or ⌘ is held. */
function followPointers(
  element: HTMLElement,
  change: (next: (view: View) => View) => void,
  dragged: { current: boolean },
): () => void {
  const held = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  const at = (event: { readonly clientX: number; readonly clientY: number }) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const onDown = (event: PointerEvent) => {
    if ((event.target as Element).closest('button, a, input, .floating')) return;
    held.set(event.pointerId, at(event));
    travelled = 0;
    dragged.current = false;
  };
  const onMove = (event: PointerEvent) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (travelled < STILL) return;
    if (!dragged.current) element.setPointerCapture(event.pointerId);
    dragged.current = true;
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, now);
    if (!other) return change((view) => moved(view, now.x - before.x, now.y - before.y));
    const factor =
      Math.hypot(now.x - other.x, now.y - other.y) /
      Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    change((view) => zoomed(view, factor, (now.x + other.x) / 2, (now.y + other.y) / 2));
  };
  const onUp = (event: PointerEvent) => held.delete(event.pointerId);
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey)
      change((view) => zoomed(view, STEP ** (-4 * event.deltaY * unit), x, y));
    else change((view) => moved(view, -event.deltaX * unit, -event.deltaY * unit));
  };
  element.addEventListener('pointerdown', onDown);
  element.addEventListener('pointermove', onMove);
  for (const name of ['pointerup', 'pointercancel'] as const) element.addEventListener(name, onUp);
  element.addEventListener('wheel', onWheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', onDown);
    element.removeEventListener('pointermove', onMove);
    for (const name of ['pointerup', 'pointercancel'] as const) element.removeEventListener(name, onUp);
    element.removeEventListener('wheel', onWheel);
  };
}
