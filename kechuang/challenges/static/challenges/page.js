/* What the pages that seal and open share: finding, reading what the page tells, saving a file. */
export { save } from '../site/keep.js';

export const at = sel => document.querySelector(sel);

/* The facts that stand in the page as JSON under an id; nothing where there are none. */
export const told = id => { const e = document.getElementById(id); return e ? JSON.parse(e.textContent) : {} };
