//! How a page is looked at: in which window, and in pictures.

use data_encoding::BASE64;
use serde_json::json;

use super::{Browser, Window};

impl Browser {
    /// Sets the size and the theme of the window.
    pub(crate) fn look(&self, window: Window) {
        if self.window.replace(Some(window)) == Some(window) {
            return;
        }
        let Window { width, height, is_dark } = window;
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.send("Emulation.setDeviceMetricsOverride", &size);
        let touch = json!({ "enabled": width < 600 });
        self.send("Emulation.setTouchEmulationEnabled", &touch);
        // Nothing moves, so that a picture is the same each time.
        self.light(is_dark, "reduce");
    }

    /// Lets things move as they do for most people, until the window is given anew.
    pub(crate) fn let_move(&self) {
        let is_dark = self.window.take().is_some_and(|window| window.is_dark);
        self.light(is_dark, "no-preference");
    }

    fn light(&self, is_dark: bool, motion: &str) {
        let theme = if is_dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": theme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.send("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Waits until fonts are there, nothing changes colour any more, and two frames are drawn.
    pub(crate) fn settle(&self) {
        // One change of colour can set off the next, in whatever inherits it; and what is over may
        // stay listed, for what it left behind.
        self.eval(
            "(async () => { await document.fonts.ready; \
             const drawn = () => new Promise((done) => requestAnimationFrame(done)); \
             const ends = (it) => it.playState !== 'finished' \
               && it.effect.getComputedTiming().endTime < Infinity; \
             for (let still = 0, n = 0; still < 3 && n < 300; n++) { \
               await drawn(); \
               still = document.getAnimations().some(ends) ? 0 : still + 1; \
             } \
             return true; })()",
        );
    }

    /// A picture of the window, in PNG.
    pub(crate) fn picture(&self, window: Window) -> Vec<u8> {
        self.look(window);
        self.settle();
        self.shoot(&json!({ "format": "png" }))
    }

    /// Pictures for whoever looks through many: of the window, and where more lies below its edge,
    /// of all of it. They are written fast, and are larger for it.
    pub(crate) fn pictures(&self, window: Window) -> (Vec<u8>, Option<Vec<u8>>) {
        let fast = json!({ "format": "png", "optimizeForSpeed": true });
        self.look(window);
        self.settle();
        let first = self.shoot(&fast);
        // What lies over the page is what is looked at while it is there.
        let hidden = self.eval(
            "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight) \
             (document.querySelector('dialog[open]') ?? document.documentElement)",
        );
        let hidden = u32::try_from(hidden.as_u64().unwrap()).unwrap();
        let whole = (hidden > 0).then(|| {
            // A taller window has its bars at its edges, and none in the middle.
            self.look(Window { height: window.height + hidden, ..window });
            self.settle();
            let whole = self.shoot(&fast);
            self.look(window);
            whole
        });
        (first, whole)
    }

    fn shoot(&self, how: &serde_json::Value) -> Vec<u8> {
        let shot = self.send("Page.captureScreenshot", how);
        BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap()
    }
}
