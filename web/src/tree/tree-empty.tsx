/** Where a tree will be: the outline of one, and what to do. */
export function TreeEmpty() {
  return (
    <div class="tree-empty">
      <svg viewBox="0 0 360 200" aria-hidden="true">
        <path d="M92 100C122 100 112 40 142 40M92 100C122 100 112 100 142 100M92 100C122 100 112 160 142 160M222 40C252 40 242 20 272 20M222 40C252 40 242 60 272 60" />
        <rect x="12" y="84" width="80" height="32" rx="7" />
        <rect x="142" y="24" width="80" height="32" rx="7" />
        <rect x="142" y="84" width="80" height="32" rx="7" />
        <rect class="pruned" x="142" y="144" width="80" height="32" rx="7" />
        <rect x="272" y="7" width="76" height="26" rx="7" />
        <rect class="pruned" x="272" y="47" width="76" height="26" rx="7" />
      </svg>
      <p>
        The tree of its thinking grows here.
        <br />
        <span class="quiet">Every node opens its whole prompt and completion.</span>
      </p>
    </div>
  );
}
