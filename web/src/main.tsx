import { render } from 'preact';
import { App } from './app.tsx';
import { restoreTheme } from './theme.tsx';
import './style/base.css';
import './style/ask.css';
import './style/tree.css';
import './style/votes.css';
import './style/report.css';
import './style/runs.css';
import './style/train.css';

restoreTheme();
const place = document.getElementById('app');
if (place) render(<App />, place);
