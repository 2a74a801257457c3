/** What the marks of a tree mean. */
export function TreeLegend() {
  return (
    <ul class="tree-legend" aria-label="Marks">
      <li>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <rect class="track" x="9" y="1" width="3.5" height="12" rx="1.7" />
          <rect class="level" x="9" y="5" width="3.5" height="8" rx="1.7" />
        </svg>
        score
      </li>
      <li>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <rect class="pruned" x="1" y="2" width="20" height="10" rx="3" />
        </svg>
        given up
      </li>
      <li>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <rect class="chosen" x="1" y="2" width="20" height="10" rx="3" />
        </svg>
        way to the answer
      </li>
    </ul>
  );
}
