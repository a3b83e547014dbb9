// Small helps for pages: elements made of text, never of markup, and one notice at a time.
import { t } from "./words.js";

/** Return an element with these attributes and children; a text child stays text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return a notice below `place`, saying `text`; a later one of the same place takes its stead. */
export function makeNotice(place, text) {
  place.querySelector(":scope > .notice.told")?.remove();
  const box = make("div", { class: "notice told", role: "status" });
  const say = (...children) => box.replaceChildren(...children);
  if (text) say(make("p", {}, text));
  place.append(box);
  return {
    say: (more) => say(make("p", {}, more)),
    good: (more) => (box.classList.add("good"), say(make("p", {}, more))),
    done: () => box.remove(),
    fault: ({ title, detail, allowed }) => {
      box.classList.add("bad");
      box.setAttribute("role", "alert");
      const advice = allowed ? [make("p", {}, make("strong", {}, t("Yang dapat dilakukan:")), " ", allowed)] : [];
      say(make("p", {}, make("strong", {}, title)), make("p", {}, detail), ...advice);
      box.scrollIntoView({ block: "nearest" });
    },
  };
}

/** Offer bytes to be saved as a file. */
export function save(name, type, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
