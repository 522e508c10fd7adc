// What scripts say, in the language of the page: English stands in the scripts, the page brings what it is in others.
// Braces hold what differs: _("Copied: {text}", { text }).
const told = JSON.parse(document.querySelector("meta[name=texts]").content);
export const language = document.documentElement.lang;
const kinds = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

export const number = (value) => numbers.format(value);

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

export function _(text, values = {}) {
  return fill(told[text] ?? text, values);
}

// A text for one, and one for any other number, which stands for {count}.
export function ngettext(one, other, count, values = {}) {
  const text = told[one]?.[kinds.select(count)] ?? told[one]?.other ?? (count === 1 ? one : other);
  return fill(text, { count: number(count), ...values });
}
