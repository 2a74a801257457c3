import { Icon } from '../icon.tsx';
import type { Replay } from './use-replay.ts';
import type { ViewControl } from './use-view.ts';

interface TreeToolsProps {
  readonly control: ViewControl;
  readonly replay: Replay | undefined;
  /** Whether every call is drawn; undefined where there is nothing else to draw. */
  readonly everyCall: boolean | undefined;
  readonly onEveryCall: (everyCall: boolean) => void;
}

const ZOOM = 1.3;

/** The controls of a tree: what is drawn, how large, and how it came about. */
export function TreeTools({ control, replay, everyCall, onEveryCall }: TreeToolsProps) {
  return (
    <div class="tree-tools floating" role="toolbar" aria-label="Tree">
      <button
        type="button"
        class="icon-button"
        aria-label="Zoom out"
        title="Zoom out (−)"
        onClick={() => control.zoom(1 / ZOOM)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Zoom in"
        title="Zoom in (+)"
        onClick={() => control.zoom(ZOOM)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Show the whole tree"
        title="Show the whole tree (0)"
        onClick={() => control.fit()}
        aria-pressed={control.follows}
      >
        <Icon name="fit" />
      </button>
      {replay && (
        <>
          <button
            type="button"
            class="icon-button"
            aria-label={replay.playing ? 'Pause' : 'Replay'}
            title={replay.playing ? 'Pause' : 'Replay how it grew'}
            onClick={replay.toggle}
          >
            <Icon name={replay.playing ? 'pause' : 'play'} />
          </button>
          {replay.at !== undefined && (
            <input
              type="range"
              class="replay"
              min={1}
              max={replay.length}
              value={replay.at}
              aria-label="How far"
              aria-valuetext={`event ${replay.at} of ${replay.length}`}
              onInput={(event) => replay.jump(Number(event.currentTarget.value))}
            />
          )}
        </>
      )}
      {everyCall !== undefined && (
        <label class="check">
          <input
            type="checkbox"
            checked={everyCall}
            onChange={(event) => onEveryCall(event.currentTarget.checked)}
          />
          Every call
        </label>
      )}
    </div>
  );
}
