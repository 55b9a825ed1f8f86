// Starts the dashboard.
import './styles/tokens.css';
import { render } from 'preact';

render(<main>Heddle</main>, document.getElementById('app')!);
