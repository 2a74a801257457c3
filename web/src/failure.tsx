import { useState } from 'preact/hooks';
import { type ApiFailure, setKey } from './api/server.ts';

/** What went wrong, in words, with the remedy where there is one: a field for the key when the server wants one. */
export function Failure({ failure }: { readonly failure: ApiFailure }) {
  const [key, enter] = useState('');
  return (
    <div class="failure" role="alert">
      <p>{failure.message}</p>
      {failure.status === 401 && (
        <form
          class="key-form"
          onSubmit={(event) => {
            event.preventDefault();
            setKey(key.trim());
            location.reload();
          }}
        >
          <label>
            Key
            <input
              type="password"
              autocomplete="off"
              value={key}
              onInput={(event) => enter(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary">
            Use this key
          </button>
        </form>
      )}
    </div>
  );
}
