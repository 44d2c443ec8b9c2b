// @ts-check
// What of the page can be seen without scrolling.
import { useEffect, useState } from '/js/core/view.js';

/** What the strip at the top and the dock at the bottom leave free on the phone of somebody who is signed in. */
function free() {
  const sizes = getComputedStyle(document.documentElement);
  return `-${sizes.getPropertyValue('--strip').trim()} 0px -${sizes.getPropertyValue('--dock').trim()}`;
}

/**
 * Whether at least half of one of these can be seen, those left out that are not drawn yet; `null` until it is known.
 * @param {(HTMLElement | null)[]} elements
 */
export function useInView(elements) {
  const [seen, setSeen] = useState(/** @type {Element[] | null} */ (null));
  useEffect(() => {
    const rootMargin = document.body.dataset.frame === 'side' ? free() : '0px';
    const observer = new IntersectionObserver((changes) => setSeen((old) => changes.reduce((now, { target, intersectionRatio }) => {
      const others = now.filter((one) => one !== target);
      return intersectionRatio >= 0.5 ? [...others, target] : others;
    }, old ?? [])), { rootMargin, threshold: 0.5 });
    for (const element of elements) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, elements);
  return seen && elements.some((element) => element && seen.includes(element));
}
