//! The window that a question belongs to, as portals name it. A wish: what cannot be fulfilled is left.

/// A parent window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parent {
    /// Of the X server: its number.
    X11(u32),
    /// Of a Wayland compositor: the handle under which it was exported.
    Wayland(String),
}

impl Parent {
    /// Of `x11:HEX` or `wayland:HANDLE`; anything else is none.
    pub(crate) fn of(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("x11", number) => {
                let number = number.strip_prefix("0x").unwrap_or(number);
                let plain = number.bytes().all(|byte| byte.is_ascii_hexdigit());
                u32::from_str_radix(number, 16).ok().filter(|window| plain && *window != 0).map(Self::X11)
            }
            // A handle is a word; GTK hands it to the compositor as it is.
            ("wayland", handle) if !handle.is_empty() && handle.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some(Self::Wayland(handle.to_owned()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of "Parent window identifiers" in the documentation of xdg-desktop-portal.
    #[test]
    fn a_parent_window_is_named_as_portals_do() {
        for (text, expected) in [
            ("x11:3a00007", Some(Parent::X11(0x3a0_0007))),
            ("x11:0x3a00007", Some(Parent::X11(0x3a0_0007))),
            ("wayland:a1b2-c3", Some(Parent::Wayland("a1b2-c3".to_owned()))),
            ("", None),
            ("x11:", None),
            ("x11:0", None),
            ("x11:+1", None),
            ("x11:100000000", None),
            ("wayland:", None),
            ("wayland:a b", None),
            ("wayland:\u{e9}", None),
            ("mir:1", None),
        ] {
            assert_eq!(Parent::of(text), expected, "{text}");
        }
    }
}
