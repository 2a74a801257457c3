import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** A function that draws the component again at the next frame, however often it is called before then. */
export function useFrame(): () => void {
  const [, setTick] = useState(0);
  const waiting = useRef(0);
  useEffect(() => () => cancelAnimationFrame(waiting.current), []);
  return useCallback(() => {
    if (waiting.current !== 0) return;
    waiting.current = requestAnimationFrame(() => {
      waiting.current = 0;
      setTick((tick) => tick + 1);
    });
  }, []);
}
