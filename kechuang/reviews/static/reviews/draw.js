/* A witness's number: made here, saved as a file, committed to by its hash, revealed from the file.
   The number leaves this machine only when it is revealed. */
import { save } from '../site/keep.js';
const words = JSON.parse(document.getElementById('words').textContent);
const commits = document.querySelector('[data-commit]');
if (commits) {
  const { commitment, hex, isAble } = await import(commits.dataset.nonce);
  const facts = commits.dataset;
  commits.querySelector(await isAble(facts.suite) ? '[data-commit-act]' : '[data-commit-not]').hidden = false;
  const said = commits.querySelector('[role="status"]');
  commits.querySelector('[data-commit-act] button').addEventListener('click', async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const made = { draw: facts.draw, witness: facts.person, suite: facts.suite, nonce: hex(nonce),
      commitment: await commitment(nonce, facts.person, facts.suite) };
    save(`kechuang-draw-${facts.draw}.json`, made);
    commits.elements.commitment.value = made.commitment;
    said.textContent = words.made;
  });
}

const reveals = document.querySelector('[data-reveal]');
if (reveals) {
  reveals.querySelector('[data-reveal-act]').hidden = false;
  const said = reveals.querySelector('[role="status"]');
  reveals.querySelector('input[type=file]').addEventListener('change', async event => {
    try {
      const { nonce } = JSON.parse(await event.target.files[0].text());
      if (!/^[0-9a-f]{64}$/.test(nonce)) throw new Error(nonce);
      reveals.elements.nonce.value = nonce;
      said.textContent = '';
    } catch { said.textContent = words.no_file; }
  });
}
