//! What a person does with a page: clicking, typing, and finding the way by keyboard.

use serde_json::{Value, json};

use super::Browser;
use crate::support::binary::eventually;

impl Browser {
    /// Clicks the first visible thing that fits the selector and shows the text.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str, text: &str) {
        self.click_times(1, selector, text);
    }

    /// Clicks it twice, as fast as a hand that trembles.
    #[track_caller]
    pub(crate) fn double_click(&self, selector: &str, text: &str) {
        self.click_times(2, selector, text);
    }

    /// Clicks it twice before the page has drawn anything, as no hand could and a program may.
    #[track_caller]
    pub(crate) fn click_twice_at_once(&self, selector: &str, text: &str) {
        let find = visible(selector, text);
        self.wait_until(&find);
        self.eval(&format!("(() => {{ const it = {find}; it.click(); it.click(); }})()"));
    }

    #[track_caller]
    fn click_times(&self, n_clicks: u32, selector: &str, text: &str) {
        let find = visible(selector, text);
        // A page that draws itself anew may take it away for a moment, or move it from under the
        // hand; whoever sees that tries again.
        let pressed = eventually(|| {
            self.wait_until(&find);
            self.settle();
            let middle = self.eval(&format!(
                "(() => {{ const it = {find}; it?.scrollIntoView({{ block: 'center' }}); \
                 const box = it?.getBoundingClientRect(); if (!box) return null; \
                 window.cellarHit = false; \
                 window.addEventListener('mousedown', ({{ target }}) => \
                   {{ window.cellarHit = it.contains(target); }}, \
                   {{ capture: true, once: true }}); \
                 return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
            ));
            if middle.is_null() {
                return None;
            }
            self.mouse("mousePressed", &middle, 1);
            if self.is_true("window.cellarHit") {
                return Some(middle);
            }
            self.mouse("mouseReleased", &json!([0, 0]), 1);
            None
        });
        let middle = pressed.unwrap_or_else(|| panic!("{text:?} never stays"));
        self.mouse("mouseReleased", &middle, 1);
        for n in 2..=n_clicks {
            self.mouse("mousePressed", &middle, n);
            self.mouse("mouseReleased", &middle, n);
        }
    }

    fn mouse(&self, kind: &str, at: &Value, n_clicks: u32) {
        let event = json!({
            "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": n_clicks,
        });
        self.send("Input.dispatchMouseEvent", &event);
    }

    /// Types into the field with this label, after clicking it.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, text: &str) {
        self.wait_for_text(label);
        // A new screen takes the focus once it is drawn, and nobody types before that.
        self.settle();
        self.eval(&format!(
            "[...document.querySelectorAll('label')].find((it) => it.innerText.trim() === {})\
             .control.focus()",
            json!(label)
        ));
        self.type_text(text);
    }

    /// Chooses from the list with this label, by the arrow keys.
    #[track_caller]
    pub(crate) fn choose(&self, label: &str, option: &str) {
        self.settle();
        let list = format!(
            "[...document.querySelectorAll('label')].find((it) => it.innerText.trim() === {})\
             .control",
            json!(label)
        );
        self.wait_until(&list);
        let place = format!("[...{list}.options].findIndex((it) => it.text === {})", json!(option));
        let steps = self.eval(&format!(
            "(() => {{ {list}.focus(); const to = {place}; \
             return to < 0 ? null : to - {list}.selectedIndex; }})()"
        ));
        let steps = steps.as_i64().unwrap_or_else(|| panic!("{label} offers no {option:?}"));
        for _ in 0..steps.abs() {
            self.press(if steps > 0 { "ArrowDown" } else { "ArrowUp" });
        }
        self.wait_until(&format!("{list}.selectedOptions[0].text === {}", json!(option)));
    }

    /// Types a day such as `2026-11-22` into the field with this label, as a hand here writes it.
    #[track_caller]
    pub(crate) fn fill_day(&self, label: &str, day: &str) {
        let mut parts = day.split('-');
        let (year, rest) = (parts.next().unwrap(), parts.collect::<String>());
        self.fill(label, &(rest + year));
    }

    /// Types where the focus is.
    pub(crate) fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.key(&letter.to_string(), 0, Some(&letter.to_string()));
        }
    }

    /// Presses a key by its name: `Tab`, `Enter`, `Escape`.
    pub(crate) fn press(&self, name: &str) {
        match name {
            "Tab" => self.key(name, 9, None),
            "Enter" => self.key(name, 13, Some("\r")),
            "Escape" => self.key(name, 27, None),
            "Space" => self.key(" ", 32, Some(" ")),
            "ArrowUp" => self.key(name, 38, None),
            "ArrowRight" => self.key(name, 39, None),
            "ArrowDown" => self.key(name, 40, None),
            other => panic!("no key {other}"),
        }
    }

    /// Presses the K key while `Control` or `Meta` is held.
    pub(crate) fn press_k_with(&self, held: &str) {
        let modifiers = match held {
            "Control" => 2,
            "Meta" => 4,
            other => panic!("no key {other} to hold"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": "k", "code": "KeyK", "windowsVirtualKeyCode": 75,
                "modifiers": modifiers,
            });
            self.send("Input.dispatchKeyEvent", &event);
        }
    }

    fn key(&self, name: &str, code: u32, text: Option<&str>) {
        let kind = if text.is_some() { "keyDown" } else { "rawKeyDown" };
        let mut event = json!({ "type": kind, "key": name, "windowsVirtualKeyCode": code });
        if let Some(text) = text {
            event["text"] = json!(text);
        }
        self.send("Input.dispatchKeyEvent", &event);
        let event = json!({ "type": "keyUp", "key": name, "windowsVirtualKeyCode": code });
        self.send("Input.dispatchKeyEvent", &event);
    }

    /// Puts another page in front of this one, or takes it away: what nobody sees asks for no news.
    pub(crate) fn put_away(&self, is_away: bool) {
        self.eval(&format!(
            "Object.defineProperty(document, 'hidden', {{ value: {is_away}, configurable: true }}); \
             document.dispatchEvent(new Event('visibilitychange'))"
        ));
    }

    /// Walks to what has this name with the Tab key alone; on the way it shows where the focus is.
    #[track_caller]
    pub(crate) fn tab_to(&self, what: &str) {
        let name = "(({ labels, innerText, ariaLabel }) => \
                    (labels?.[0]?.innerText ?? innerText).trim() || ariaLabel) \
                    (document.activeElement)";
        // A new screen moves the focus once it is drawn; no hand is quick enough to forestall it.
        self.settle();
        for _ in 0..200 {
            self.press("Tab");
            if self.eval(name) == what {
                let ring = "(() => { const it = document.activeElement; \
                    return it.matches(':focus-visible') && [it, ...it.children].some((one) => \
                    ['', '::after'].some((part) => { const look = getComputedStyle(one, part); \
                    return look.outlineStyle !== 'none' || look.boxShadow !== 'none'; })); })()";
                assert_eq!(self.eval(ring), true, "{what} does not show the focus");
                return;
            }
        }
        panic!("no way to {what:?} with the Tab key");
    }
}

/// The expression of the first visible thing that fits the selector and shows the text.
fn visible(selector: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll({})].find((it) => it.checkVisibility() && \
         (it.innerText || it.ariaLabel || '').includes({}))",
        json!(selector),
        json!(text)
    )
}
