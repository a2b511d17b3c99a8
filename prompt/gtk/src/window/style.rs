//! How it looks: GTK's own theme with a few sizes, and dark where the desktop is dark.

use gtk4::prelude::*;
use gtk4::{CssProvider, STYLE_PROVIDER_PRIORITY_APPLICATION, gdk, gio};

/// Sizes and shades.
const SHEET: &str = include_str!("style.css");
/// Where GNOME and its kin keep whether the desktop is dark.
const INTERFACE: &str = "org.gnome.desktop.interface";
const SCHEME: &str = "color-scheme";

/// Applies it to the display.
pub(super) fn apply() {
    let sheet = CssProvider::new();
    sheet.load_from_data(SHEET);
    if let Some(display) = gdk::Display::default() {
        gtk4::style_context_add_provider_for_display(&display, &sheet, STYLE_PROVIDER_PRIORITY_APPLICATION);
    }
    if let Some(settings) = gtk4::Settings::default()
        && is_dark()
    {
        settings.set_gtk_application_prefer_dark_theme(true);
    }
}

/// GTK of Debian 12 does not look for it by itself. Reading a schema that is not installed would end the program.
fn is_dark() -> bool {
    let schema = gio::SettingsSchemaSource::default().and_then(|source| source.lookup(INTERFACE, true));
    schema.is_some_and(|schema| schema.has_key(SCHEME)) && gio::Settings::new(INTERFACE).string(SCHEME) == "prefer-dark"
}
