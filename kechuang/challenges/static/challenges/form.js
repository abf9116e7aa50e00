/* Fields that are shown only when another has a value: <div data-when="answers-SITE" data-is="yes">.
   Without this script all of them stand there, each with the words of its condition. */
const valueOf = (form, name) => {
  const control = form.elements[name], box = control instanceof RadioNodeList ? control[0] : control;
  return !control || box.closest('[data-when][hidden]') ? '' : control.value.trim();
};
const settle = form => form.querySelectorAll('[data-when]').forEach(one => { one.hidden = valueOf(form, one.dataset.when) !== one.dataset.is });

const forms = new Set([...document.querySelectorAll('[data-when]')].map(one => one.closest('form')));
forms.forEach(form => {
  ['input', 'change'].forEach(event => form.addEventListener(event, () => settle(form)));
  settle(form);
});
