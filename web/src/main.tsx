// Starts the dashboard: theme, router, and the frame with the page that the address names.

import './styles/tokens.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/pages.css';
import { render } from 'preact';

import { Frame } from './frame';
import { startKeys } from './keys';
import { startRouter } from './router';
import { startTheme } from './theme';

startTheme();
startRouter();
startKeys();
render(<Frame />, document.getElementById('app')!);
