/* Custodians and openers: keys are made here and saved as files; shares are computed here.
   <form data-new-key> makes a key pair, <form data-give> a custodian's shares, <form data-open> reads what was posted.
   Private keys never leave the page but as a file that the person saves. */
import { at, save, told } from './page.js';
const words = told('words');
const form = at('[data-new-key], [data-give], [data-open]');
const seal = form && await import(form.dataset.sealing);
const profile = form?.dataset.profile || 'intl', able = seal && await seal.isAble(profile);
const show = (sel, root = document) => root.querySelectorAll(sel).forEach(e => { e.hidden = false });
const keyOf = async input => {
  if (!input.files.length) throw new seal.SealRefused('no_key_file');
  try { return seal.unhex(JSON.parse(await input.files[0].text()).private, 32) } catch { throw new seal.SealRefused('no_key_file') }
};

document.querySelectorAll('[data-new-key]').forEach(one => {
  show(able ? '[data-new-key-act]' : '[data-new-key-not]', one);
  const button = one.querySelector('[data-new-key-act] button'), said = one.querySelector('[role="status"]');
  button.addEventListener('click', async () => {
    const own = seal.random(32), key = seal.hex(await seal.publicOf(own));
    save(one.dataset.file, { name: one.dataset.name, private: seal.hex(own), public: key });
    own.fill(0);
    one.elements.public.value = key;
    said.textContent = (words.made || '') + ' ' + await seal.fingerprint(seal.unhex(key), profile);
  });
});

/* Compute, put the result in the field, send. What fails is said, and nothing is sent. */
const computing = (one, act) => {
  const said = one.querySelector('[data-said]'), field = one.elements.shares;
  let done = false;
  one.addEventListener('submit', async event => {
    if (done || field.value.trim()) return;
    event.preventDefault();
    said.textContent = words.working;
    try {
      field.value = JSON.stringify(await act(one, await keyOf(one.querySelector('input[type=file]'))));
      done = true;
      one.requestSubmit(event.submitter);
    } catch (error) {
      said.textContent = words[error.code] || words.failed;
    }
  });
};
const fetched = async row => new Uint8Array(await (await fetch(`/bids/${row.bid}/envelope/${row.part === 'price' ? '?part=price' : ''}`, { credentials: 'same-origin' })).arrayBuffer());

const give = at('[data-give]');
if (give && able) {
  show('[data-give-act]');
  const facts = told('facts');
  computing(give, async (_, own) => {
    const shares = [];
    for (const row of facts.envelopes) {
      const file = await fetched(row), call = seal.callFrom(facts.calls[row.rules]);
      await seal.mayOpen(file, call, new Date(facts.deadline), new Date(), facts.current);
      shares.push(await seal.giveShare(file, call, own, seal.unhex(facts.session, 32)));
    }
    return shares;
  });
} else if (give) show('[data-give-not]');

const open = at('[data-open]');
if (open && able) {
  show('[data-open-act]');
  computing(open, async (_, own) => {
    const shares = {};
    for (const posted of told('posted')) {
      const [x, share] = await seal.readShare(posted, posted.envelope, own);
      (shares[posted.envelope] ??= {})[x] = seal.hex(share);
    }
    return shares;
  });
}
